import Foundation
import Model
import Testing
import Wire

/// Damaged frames are refused with a `FrameError`; nothing in them is believed unchecked.
struct FrameFaultTests {
    @Test(arguments: AnswerSample.short)
    func answerCutAtEveryByte(_ sample: AnswerSample) throws {
        let payload = try FrameTests.payload(sample.answer.frame)
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

    @Test(arguments: AnswerSample.short)
    func excessBytes(_ sample: AnswerSample) throws {
        let answer = try FrameTests.payload(sample.answer.frame) + [0]
        #expect(throws: FrameError.malformed("excess bytes")) { try Answer(answer) }
    }

    @Test func excessBytesOfACommand() throws {
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

    private typealias Readings = (
        inTable: Int, report: @Sendable ([Reading]) -> ProbeReport
    )

    /// Every list of readings: how many there have to be, and a report with others.
    private static let readings: [Readings] = [
        (
            InfiniBandCounters.count,
            {
                var report = FrameRandom.shortReport
                report.ports[0].local.readings = $0
                return .infiniBand(report)
            }
        ),
        (GPUCounters.all.count, { readings in gpu { $0.readings = readings } }),
        (GPUCounters.gauges.count, { readings in gpu { $0.gauges = readings } }),
        (NVLinkCounters.all.count, { readings in gpu { $0.links[0].readings = readings } }),
        (NVLinkCounters.gauges.count, { readings in gpu { $0.links[0].gauges = readings } }),
    ]

    private static func gpu(_ change: (inout GPUDeviceReport) -> Void) -> ProbeReport {
        var report = FrameRandom.shortGPUReport
        change(&report.gpus[0])
        return .gpu(report)
    }

    @Test(arguments: 0..<5)
    func anotherNumberOfReadings(_ list: Int) throws {
        let (inTable, report) = Self.readings[list]
        for count in [0, inTable - 1, inTable + 1] {
            let answer = Answer.report(
                turn: 1, report(Array(repeating: .failed, count: count)))
            let payload = try FrameTests.payload(answer.frame)
            #expect(throws: FrameError.malformed("readings"), "\(count)") {
                try Answer(payload)
            }
        }
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

    /// Answers that end with the count of an empty list and so many zeros more.
    private static let endings: [(answer: Answer, zeros: Int)] = {
        var ports = FrameRandom.shortReport
        (ports.ports, ports.hearings) = ([], [])
        var gpu = FrameRandom.shortGPUReport
        gpu.gpus[0].links = []
        gpu.gpus[0].epoch = 0
        (gpu.calls, gpu.events) = ([:], [])
        var none = gpu
        none.gpus = []
        return [
            // Devices that are heard, ports.
            (.report(turn: 1, .infiniBand(ports)), 0), (.report(turn: 1, .infiniBand(ports)), 1),
            (.events([]), 0),
            // Events, calls, GPUs; and a GPU's links, which its epoch follows.
            (.report(turn: 1, .gpu(none)), 0), (.report(turn: 1, .gpu(none)), 1),
            (.report(turn: 1, .gpu(none)), 2), (.report(turn: 1, .gpu(gpu)), 3),
        ]
    }()

    /// A count that lies must not claim memory for what cannot follow.
    @Test(arguments: 0..<7)
    func lyingCountsClaimNoMemory(_ ending: Int) throws {
        let (answer, zeros) = Self.endings[ending]
        let whole = try FrameTests.payload(answer.frame)
        #expect(whole.suffix(zeros + 1).allSatisfy { $0 == 0 })
        var payload = Array(whole.dropLast(zeros + 1))
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
