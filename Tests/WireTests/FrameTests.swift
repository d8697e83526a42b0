import Model
import Testing
import Wire

/// Frames between daemon and probe say exactly what was put into them.
struct FrameTests {
    /// The payload of a frame, its length checked.
    static func payload(_ frame: [UInt8]) throws -> ArraySlice<UInt8> {
        var buffer = FrameBuffer()
        buffer.append(frame)
        let payload = try #require(try buffer.next())
        #expect(payload.count == frame.count - 4)
        #expect(try buffer.next() == nil)
        return payload
    }

    @Test(arguments: FrameRandom.seeds)
    func commandsComeBackTheSame(seed: UInt64) throws {
        var random = FrameRandom(seed)
        for _ in 0..<300 {
            let command = random.command()
            #expect(try Command(Self.payload(command.frame)) == command, "seed \(seed)")
        }
    }

    @Test(arguments: FrameRandom.seeds)
    func answersComeBackTheSame(seed: UInt64) throws {
        var random = FrameRandom(seed)
        for _ in 0..<100 {
            let answer = random.answer()
            #expect(try Answer(Self.payload(answer.frame)) == answer, "seed \(seed)")
        }
    }

    @Test(arguments: AnswerSample.large)
    func largestNodeFitsManyTimes(_ sample: AnswerSample) throws {
        let frame = sample.answer.frame
        #expect(frame.count * 8 < FrameBuffer.limit)
        #expect(try Answer(Self.payload(frame)) == sample.answer)
    }

    /// The bytes on the pipe, so that daemon and probe of one version agree on them by design.
    @Test(arguments: [
        (Command.collect(turn: 300).frame, [3, 0, 0, 0, 2, 0xAC, 2]),
        (Answer.hello(version: "1.0").frame, [5, 0, 0, 0, 1, 3, 0x31, 0x2E, 0x30]),
        (Answer.working(on: "").frame, [2, 0, 0, 0, 2, 0]),
    ])
    func bytes(frame: [UInt8], wanted: [UInt8]) {
        #expect(frame == wanted)
    }

    // MARK: Cutting the stream

    @Test(arguments: FrameRandom.seeds)
    func framesAreFoundHoweverTheStreamIsCut(seed: UInt64) throws {
        var random = FrameRandom(seed)
        let answers = (0..<40).map { _ in random.answer() }
        var stream = answers.flatMap(\.frame)[...]
        var buffer = FrameBuffer()
        var found: [Answer] = []
        while !stream.isEmpty {
            let size = min(stream.count, random.below(3) == 0 ? 1 : 1 + random.below(3000))
            buffer.append(stream.prefix(size))
            stream = stream.dropFirst(size)
            while let payload = try buffer.next() { found.append(try Answer(payload)) }
        }
        #expect(found == answers, "seed \(seed)")
        #expect(try buffer.next() == nil)
    }

    @Test func byteByByte() throws {
        let frame = Answer.hello(version: "0.1.0").frame
        var buffer = FrameBuffer()
        for byte in frame.dropLast() {
            buffer.append([byte])
            #expect(try buffer.next() == nil)
        }
        buffer.append(frame.suffix(1))
        #expect(try buffer.next().map { try Answer($0) } == .hello(version: "0.1.0"))
    }

    @Test(arguments: [FrameBuffer.limit + 1, 1 << 24, Int(UInt32.max)])
    func tooLongIsRefusedBeforeItIsRead(length: Int) {
        var buffer = FrameBuffer()
        buffer.append((0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) })
        for _ in 0..<2 {
            #expect(throws: FrameError.tooLong(length)) { try buffer.next() }
        }
    }

    @Test func longestIsTaken() throws {
        var buffer = FrameBuffer()
        buffer.append((0..<4).map { UInt8(truncatingIfNeeded: FrameBuffer.limit >> (8 * $0)) })
        buffer.append(repeatElement(0, count: FrameBuffer.limit - 1))
        #expect(try buffer.next() == nil)
        buffer.append([0])
        #expect(try buffer.next()?.count == FrameBuffer.limit)
    }

    @Test func emptyPayloadIsNoMessage() throws {
        var buffer = FrameBuffer()
        buffer.append([0, 0, 0, 0])
        let payload = try #require(try buffer.next())
        #expect(throws: FrameError.truncated) { try Command(payload) }
        #expect(throws: FrameError.truncated) { try Answer(payload) }
    }
}
