import Model
import Testing

@testable import Daemon

/// When a GPU that hung, crashed or was told of is tried again.
struct QuarantineTests {
    private static let second: UInt64 = 1_000_000_000
    private static let gpu = PCIAddress(domain: 0, bus: 0x18, device: 0)
    private static let other = PCIAddress(domain: 0, bus: 0x2a, device: 0)
    private static let call = GPUCall(
        function: "nvmlDeviceGetFieldValues", family: .linkErrors, nanoseconds: 10 * second,
        thread: 7)

    private static func quarantine() -> Quarantine {
        Quarantine(delayMinimum: 30 * second, delayMaximum: 600 * second)
    }

    private static func xid(_ number: UInt32) -> NodeEvent {
        NodeEvent(
            kind: .xid, device: .pci(gpu), number: number, wallMilliseconds: 0,
            source: .kernelLog, line: "")
    }

    @Test func hungGPUIsTriedLessAndLessOften() {
        var quarantine = Self.quarantine()
        quarantine.put(Self.gpu, .hung(Self.call), token: 1, now: 0)
        var now: UInt64 = 0
        var pauses: [UInt64] = []
        for _ in 0..<8 {
            guard let due = quarantine.nextTrial else { break }
            let early = quarantine.takeDue(now: due - 1)
            let inTime = quarantine.takeDue(now: due)
            #expect(early == nil && inTime == Self.gpu)
            #expect(quarantine.nextTrial == nil, "being tried")
            pauses.append((due - now) / Self.second)
            now = due
            quarantine.fail(Self.gpu, hasCrashed: false, now: now)
        }
        #expect(pauses == [30, 60, 120, 240, 480, 600, 600, 600])
        quarantine.release(Self.gpu, now: now)
        #expect(quarantine.entries.isEmpty && quarantine.nextTrial == nil)
    }

    @Test func oneIsTriedAtATime() {
        var quarantine = Self.quarantine()
        quarantine.put(Self.other, .hung(Self.call), token: 1, now: 0)
        quarantine.put(Self.gpu, .hung(Self.call), token: 1, now: 0)
        let taken = (0..<3).map { _ in quarantine.takeDue(now: 30 * Self.second) }
        #expect(taken == [Self.gpu, Self.other, nil])
    }

    @Test func crashesAreCountedToAnEnd() {
        var quarantine = Self.quarantine()
        quarantine.put(Self.gpu, .crashed(Self.call, status: 11), token: 1, now: 0)
        var now: UInt64 = 0
        for _ in 0..<2 {
            guard let due = quarantine.nextTrial else { break }
            now = due
            let taken = quarantine.takeDue(now: now)
            #expect(taken == Self.gpu)
            quarantine.fail(Self.gpu, hasCrashed: true, now: now)
        }
        #expect(quarantine.nextTrial == nil)
        let entry = quarantine.entries[Self.gpu]
        #expect(entry?.isGivenUp == true)
        #expect(
            entry?.reason
                == "nvmlDeviceGetFieldValues (link_errors) ended the probe with signal 11, 3 "
                + "times: it is not tried again with this driver")
    }

    @Test func anotherDriverEndsTheWait() {
        var quarantine = Self.quarantine()
        quarantine.put(Self.gpu, .crashed(Self.call, status: 6), token: 1, now: 0)
        for _ in 0..<2 {
            _ = quarantine.takeDue(now: .max)
            quarantine.fail(Self.gpu, hasCrashed: true, now: 0)
        }
        quarantine.check(now: 5) { _ in 1 }
        #expect(quarantine.nextTrial == nil)
        quarantine.check(now: 6) { _ in 2 }
        let taken = quarantine.takeDue(now: 6)
        #expect(taken == Self.gpu)
        #expect(quarantine.entries[Self.gpu]?.isGivenUp == false)
    }

    @Test func whatTheKernelSaysWaitsLongestAndReplacesAHang() {
        var quarantine = Self.quarantine()
        let taken = [
            quarantine.put(Self.gpu, .hung(Self.call), token: 1, now: 0),
            quarantine.put(Self.gpu, .hung(Self.call), token: 1, now: 1),
            quarantine.put(Self.gpu, .told(Self.xid(119)), token: 1, now: 2),
            quarantine.put(Self.gpu, .hung(Self.call), token: 1, now: 3),
        ]
        #expect(taken == [true, false, true, false])
        #expect(quarantine.nextTrial == 600 * Self.second + 2)
        #expect(quarantine.reasons == [Self.gpu: "the kernel reported Xid 119"])
    }

    /// The kernel tells again: what waits, or is being tried, waits anew.
    @Test(arguments: [false, true])
    func whatTheKernelSaysAgainBeginsTheWaitAnew(isTried: Bool) {
        var quarantine = Self.quarantine()
        quarantine.put(Self.gpu, .told(Self.xid(119)), token: 1, now: 0)
        if isTried { _ = quarantine.takeDue(now: 600 * Self.second) }
        let now = 601 * Self.second
        let isTaken = quarantine.put(Self.gpu, .told(Self.xid(79)), token: 2, now: now)
        #expect(isTaken)
        #expect(quarantine.nextTrial == now + 600 * Self.second)
        #expect(quarantine.reasons == [Self.gpu: "the kernel reported Xid 79"])
        #expect(quarantine.entries[Self.gpu]?.token == 2)
        #expect(quarantine.entries[Self.gpu]?.since == 0)
    }

    /// What the kernel tells of a GPU that is given up does not have it tried.
    @Test func givenUpStaysGivenUp() {
        var quarantine = Self.quarantine()
        quarantine.put(Self.gpu, .crashed(Self.call, status: 6), token: 1, now: 0)
        for _ in 0..<2 {
            _ = quarantine.takeDue(now: .max)
            quarantine.fail(Self.gpu, hasCrashed: true, now: 0)
        }
        quarantine.put(Self.gpu, .told(Self.xid(119)), token: 1, now: 1)
        #expect(quarantine.nextTrial == nil)
    }

    /// What is well alone and ill among the others is not let in again and again.
    @Test func relapsesAreCounted() {
        var quarantine = Self.quarantine()
        var now: UInt64 = 0
        var pauses: [UInt64] = []
        for _ in 0..<6 {
            quarantine.put(Self.gpu, .hung(Self.call), token: 1, now: now)
            guard let due = quarantine.nextTrial else { break }
            pauses.append((due - now) / Self.second)
            _ = quarantine.takeDue(now: due)
            quarantine.release(Self.gpu, now: due)
            now = due + Self.second
        }
        #expect(pauses == [30, 60, 120, 240, 480, 600])
        for _ in 0..<3 {
            quarantine.put(Self.gpu, .crashed(Self.call, status: 11), token: 1, now: now)
            _ = quarantine.takeDue(now: .max)
            guard quarantine.entries[Self.gpu]?.isGivenUp == false else { break }
            quarantine.release(Self.gpu, now: now)
        }
        #expect(quarantine.entries[Self.gpu]?.crashes == 3 && quarantine.nextTrial == nil)
    }

    @Test(arguments: [(601, 1), (599, 2)] as [(UInt64, UInt64)])
    func relapseIsForgottenWithTimeOrAnotherDriver(seconds: UInt64, token: UInt64) {
        var quarantine = Self.quarantine()
        quarantine.put(Self.gpu, .crashed(Self.call, status: 11), token: 1, now: 0)
        quarantine.release(Self.gpu, now: 0)
        let now = seconds * Self.second
        quarantine.put(Self.gpu, .crashed(Self.call, status: 11), token: token, now: now)
        #expect(quarantine.entries[Self.gpu]?.crashes == 1)
        #expect(quarantine.nextTrial == now + 30 * Self.second)
    }
}
