import Foundation
import Model
import Testing
import Wire

/// Damaged frames are refused with a `FrameError`; nothing in them is believed unchecked.
struct FrameFaultTests {
    private static let report = Answer.report(
        turn: 300, .infiniBand(FrameRandom.shortReport))

    @Test func reportCutAtEveryByte() throws {
        let payload = try FrameTests.payload(Self.report.frame)
        for count in 0..<payload.count {
            #expect(throws: FrameError.self, "\(count) bytes") {
                try Answer(payload.prefix(count))
            }
        }
    }

    @Test func commandCutAtEveryByte() throws {
        let command = Command.configure(
            .infiniBand(
                InfiniBandConfiguration(include: ["mlx5_*", "ibsim0/1"], exclude: ["mlx5_9"])))
        let payload = try FrameTests.payload(command.frame)
        for count in 0..<payload.count {
            #expect(throws: FrameError.truncated, "\(count) bytes") {
                try Command(payload.prefix(count))
            }
        }
    }

    @Test func excessBytes() throws {
        let answer = try FrameTests.payload(Self.report.frame) + [0]
        #expect(throws: FrameError.malformed("excess bytes")) { try Answer(answer) }
        let command = try FrameTests.payload(Command.collect(turn: 1).frame) + [0]
        #expect(throws: FrameError.malformed("excess bytes")) { try Command(command) }
    }

    @Test(arguments: [UInt8(0), 6, 255])
    func unknownKinds(kind: UInt8) {
        #expect(throws: FrameError.malformed("answer \(kind)")) { try Answer([kind]) }
        #expect(throws: FrameError.malformed("command \(kind)")) { try Command([kind]) }
    }

    @Test(arguments: [
        // Eleven bytes, and ten of which the last holds more than the 64th bit.
        Array(repeating: 0xFF, count: 10) + [1], Array(repeating: 0xFF, count: 9) + [2],
    ])
    func integersOfMoreThan64Bits(bytes: [UInt8]) {
        #expect(throws: FrameError.malformed("integer")) { try Command([2] + bytes) }
    }

    @Test func largestInteger() throws {
        let bytes: [UInt8] = Array(repeating: 0xFF, count: 9) + [1]
        #expect(try Command([2] + bytes) == .collect(turn: .max))
    }

    /// A length beyond `Int` must not trap.
    @Test func hugeLengthOfText() {
        let length: [UInt8] = Array(repeating: 0xFF, count: 9) + [1]
        #expect(throws: FrameError.malformed("range")) { try Answer([1] + length) }
        let longest: [UInt8] = Array(repeating: 0xFF, count: 8) + [0x7F]
        #expect(throws: FrameError.truncated) { try Answer([1] + longest) }
    }

    @Test func textThatIsNotUTF8IsMadeReadable() throws {
        #expect(try Answer([1, 2, 0xC3, 0x28]) == .hello(version: "\u{FFFD}("))
    }

    @Test(arguments: [0, InfiniBandCounters.count - 1, InfiniBandCounters.count + 1])
    func anotherNumberOfReadings(count: Int) throws {
        var report = FrameRandom.shortReport
        report.ports[0].local.readings = Array(repeating: .failed, count: count)
        let payload = try FrameTests.payload(Answer.report(turn: 1, .infiniBand(report)).frame)
        #expect(throws: FrameError.malformed("readings")) { try Answer(payload) }
    }

    private static func event(_ change: (inout NodeEvent) -> Void) -> NodeEvent {
        var event = NodeEvent(
            kind: .xid, device: nil, number: 79, wallMilliseconds: 1, source: .kernelLog,
            record: 1, line: "NVRM")
        change(&event)
        return event
    }

    /// What later sums and differences could not bear is refused, before it is kept.
    @Test(arguments: [Int64.min, -(1 << 53), 1 << 53, .max])
    func timesBeyondAllSums(milliseconds: Int64) throws {
        let changes: [(inout NodeEvent) -> Void] = [
            { $0.wallMilliseconds = milliseconds }, { $0.lastWallMilliseconds = milliseconds },
        ]
        for change in changes {
            let frame = Answer.events([Self.event(change)]).frame
            let payload = try FrameTests.payload(frame)
            #expect(throws: FrameError.malformed("time")) { try Answer(payload) }
        }
        let moment = Moment(bootID: "a", boottimeNanoseconds: 1, wallMilliseconds: milliseconds)
        let report = ProbeReport.kernelLog(KernelLogReport(moment: moment, state: .reading))
        let payload = try FrameTests.payload(Answer.report(turn: 1, report).frame)
        #expect(throws: FrameError.malformed("time")) { try Answer(payload) }
    }

    @Test func eventThatNeverWas() throws {
        let payload = try FrameTests.payload(Answer.events([Self.event { $0.count = 0 }]).frame)
        #expect(throws: FrameError.malformed("count")) { try Answer(payload) }
    }

    @Test func longLineOfAnEventIsCut() throws {
        let long = Self.event { $0.line = String(repeating: "x", count: 9999) }
        let answer = try Answer(FrameTests.payload(Answer.events([long]).frame))
        let cut = Self.event {
            $0.line = String(repeating: "x", count: NodeEvent.lineLimit)
        }
        #expect(answer == .events([cut]))
    }

    /// What survives damage is a message like any other: it can be sent on and comes back the same.
    @Test(arguments: FrameRandom.seeds)
    func damagedBytes(seed: UInt64) throws {
        var random = FrameRandom(seed)
        var refused = 0
        for _ in 0..<400 {
            var answer = try FrameTests.payload(random.answer().frame)
            var command = try FrameTests.payload(random.command().frame)
            Self.damage(&answer, &random)
            Self.damage(&command, &random)
            if let message = try? Answer(answer) {
                #expect(try Answer(FrameTests.payload(message.frame)) == message, "seed \(seed)")
            } else {
                refused += 1
            }
            if let message = try? Command(command) {
                #expect(try Command(FrameTests.payload(message.frame)) == message, "seed \(seed)")
            } else {
                refused += 1
            }
        }
        #expect((100...750).contains(refused), "seed \(seed) tries too little of either")
    }

    private static func damage(_ bytes: inout ArraySlice<UInt8>, _ random: inout FrameRandom) {
        for _ in 0...random.below(3) where !bytes.isEmpty {
            let place = bytes.startIndex + random.below(bytes.count)
            switch random.below(4) {
            case 0: bytes[place] ^= 1 << UInt8(random.below(8))
            case 1: bytes[place] = [0, 0x7F, 0x80, 0xFF][random.below(4)]
            case 2: bytes.insert(UInt8(random.below(256)), at: place)
            default: bytes.remove(at: place)
            }
        }
    }

    @Test(arguments: FrameRandom.seeds)
    func noise(seed: UInt64) {
        var random = FrameRandom(seed)
        for _ in 0..<3000 {
            let bytes = (0..<random.below(64)).map { _ in UInt8(random.below(256)) }
            _ = try? Answer([UInt8(random.below(6))] + bytes)
            _ = try? Command([UInt8(random.below(3))] + bytes)
            var buffer = FrameBuffer()
            buffer.append(bytes)
            _ = try? buffer.next()
        }
    }

    /// A count that lies must not claim memory for what cannot follow.
    @Test func lyingCountsClaimNoMemory() throws {
        var empty = FrameRandom.shortReport
        empty.ports = []
        let frame = Answer.report(turn: 1, .infiniBand(empty)).frame
        var payload = Array(try FrameTests.payload(frame).dropLast())
        let rest = FrameBuffer.limit - payload.count - 4
        payload += (0..<4).map {
            UInt8(truncatingIfNeeded: rest >> (7 * $0)) & 0x7F | ($0 < 3 ? 0x80 : 0)
        }
        payload += Array(repeating: 0xFF, count: rest)
        let before = Self.peakKilobytes()
        #expect(throws: FrameError.self) { try Answer(payload[...]) }
        #expect(Self.peakKilobytes() - before < 256 * 1024)
    }

    // The address space that the process ever had, proc_pid_status(5); 0 where there is none.
    private static func peakKilobytes() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmPeak:") }
        return line?.split(separator: " ").compactMap { Int($0) }.first ?? 0
    }
}
