import Foundation
import HistoryScript
import Testing

/// A process that writes a history until it is killed (`Tests/HistoryWriter`).
struct WriterProcess: ~Copyable {
    private let pid: pid_t
    private let output: Int32

    // Built beside the tests.
    private static let program = URL(fileURLWithPath: "/proc/self/exe")
        .resolvingSymlinksInPath().deletingLastPathComponent()
        .appendingPathComponent("history-writer").path

    init(_ directory: String, seed: UInt64) throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        // A child of another test must not hold the pipe open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        var words: [UnsafeMutablePointer<CChar>?] = [
            strdup(Self.program), strdup(directory), strdup("\(seed)"), nil,
        ]
        defer { words.forEach { free($0) } }
        var pid: pid_t = 0
        try #require(posix_spawn(&pid, Self.program, &actions, nil, &words, environ) == 0)
        close(ends[1])
        self.pid = pid
        output = ends[0]
    }

    /// Kills the process at some moment after it has told so many passes, and gives all passes that
    /// it told.
    consuming func kill(after count: Int, _ random: inout SeededGenerator) -> [UInt64] {
        var told: [UInt64] = []
        while told.count < count, let pass = next() { told.append(pass) }
        let moment = Self.microseconds + Int.random(in: 0...1500, using: &random)
        while Self.microseconds < moment {}
        Glibc.kill(pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        while let pass = next() { told.append(pass) }
        close(output)
        return status & 0x7F == SIGKILL ? told : []
    }

    private static var microseconds: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    }

    private borrowing func next() -> UInt64? {
        var pass: UInt64 = 0
        return read(output, &pass, 8) == 8 ? pass : nil
    }
}
