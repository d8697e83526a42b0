import Model
import Wire

@testable import Daemon

/// A probe process that a test plays.
final class ScriptedLink: ProbeLink {
    let pid: Int32
    let answers: Int32 = 99
    var commands: [Command] = []
    var pending: [UInt8] = []
    var takesCommands = true
    var isAtEnd = false
    private(set) var wasKilled = false
    private(set) var wasFinished = false

    init(pid: Int32) {
        self.pid = pid
    }

    func send(_ frame: [UInt8]) -> Bool {
        guard takesCommands else { return false }
        var buffer = FrameBuffer()
        buffer.append(frame)
        if let payload = try? buffer.next(), let command = try? Command(payload) {
            commands.append(command)
        }
        return true
    }

    func receive() -> [UInt8]? {
        if pending.isEmpty, isAtEnd { return nil }
        defer { pending = [] }
        return pending
    }

    func finish() { wasFinished = true }

    func kill() { wasKilled = true }

    func say(_ answer: Answer) { pending += answer.frame }

    func say(turn: UInt64, _ report: InfiniBandReport = .scripted()) {
        say(.report(turn: turn, .infiniBand(report)))
    }
}

extension InfiniBandReport {
    static func scripted(seconds: UInt64 = 0, ports: [PortReport] = []) -> InfiniBandReport {
        InfiniBandReport(
            moment: .scripted(seconds: seconds), durationNanoseconds: 1_000_000, ports: ports,
            transport: MADStatistics())
    }
}

extension Moment {
    static func scripted(seconds: UInt64) -> Moment {
        Moment(
            bootID: "boot", boottimeNanoseconds: seconds * 1_000_000_000,
            wallMilliseconds: 1_700_000_000_000 + Int64(seconds) * 1000)
    }
}
