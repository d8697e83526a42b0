import Model
import Testing

@testable import Daemon

@Suite struct ScheduleTests {
    private let second: UInt64 = 1_000_000_000

    // The expectation macro cannot call a mutating method itself.
    private func due(_ schedule: inout Schedule, _ now: UInt64) -> Bool { schedule.isDue(now: now) }

    @Test func firstTurnIsAtOnceAndTheNextAnIntervalLater() {
        var schedule = Schedule(intervalNanoseconds: 10 * second, now: 7 * second)
        #expect(due(&schedule, 7 * second))
        #expect(schedule.next == 17 * second)
        #expect(!due(&schedule, 17 * second - 1))
        #expect(due(&schedule, 17 * second))
        #expect(schedule.skipped == 0)
    }

    @Test func missedTurnsAreCountedAndNotMadeUp() {
        var schedule = Schedule(intervalNanoseconds: 10 * second, now: 0)
        #expect(due(&schedule, 35 * second))
        // Turns at 10, 20 and 30 s are gone for good.
        #expect(schedule.skipped == 3)
        #expect(schedule.next == 40 * second)
        #expect(!due(&schedule, 35 * second))
    }

    @Test(arguments: [1, 2, 3, 10, 61, 3600] as [UInt64])
    func alignmentKeepsTheNextTurnNear(seconds: UInt64) {
        let interval = seconds * second
        for guid in (0..<200).map({ GUID(0x0002_c903_0000_0000 + $0) }) {
            for now in [0, 1, 12_345_678_901, 86_400 * second] as [UInt64] {
                var schedule = Schedule(intervalNanoseconds: interval, now: now)
                schedule.align(to: guid, now: now)
                #expect(schedule.next >= now + interval / 2)
                #expect(schedule.next < now + interval + interval / 2 + 1)
                let first = schedule.next % interval
                var later = Schedule(intervalNanoseconds: interval, now: now)
                later.align(to: guid, now: now + 5 * interval + 17)
                #expect(later.next % interval == first, "the grid belongs to the GUID")
            }
        }
    }

    @Test func neighbouringGUIDsAreSpread() {
        let interval = 10 * second
        var buckets = [Int](repeating: 0, count: 10)
        for number in 0..<1000 as Range<UInt64> {
            var schedule = Schedule(intervalNanoseconds: interval, now: 0)
            schedule.align(to: GUID(0x0002_c903_0000_0000 + number), now: 0)
            buckets[Int(schedule.next % interval / second)] += 1
        }
        // 100 expected each; 5 standard deviations are 47.
        #expect(buckets.allSatisfy { (53...147).contains($0) }, "\(buckets)")
    }
}
