import CLinux
import Glibc
import Testing

@testable import Daemon

/// What became of a process is learnt without waiting for it.
@Suite struct ProbeReapTests {
    // A child that reads until its input ends, and then ends with 7; and the end to close.
    private static func child() throws -> (pid: pid_t, input: Int32) {
        var ends: [Int32] = [-1, -1]
        try #require(fw_pipe(&ends) == 0)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        var pid: pid_t = 0
        let command = ["sh", "-c", "read word; exit 7"]
        var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        try #require(posix_spawn(&pid, "/bin/sh", &actions, nil, &words, environ) == 0)
        close(ends[0])
        return (pid, ends[1])
    }

    // Waits until a child has ended, and leaves its status to be taken.
    private static func waitForEnd(of pid: pid_t) throws {
        var facts = siginfo_t()
        try #require(waitid(P_PID, id_t(pid), &facts, WEXITED | WNOWAIT) == 0)
    }

    @Test func processThatLivesIsNotWaitedFor() throws {
        let (pid, input) = try Self.child()
        #expect(ProbeProcess.reap(pid) == nil)
        close(input)
        try Self.waitForEnd(of: pid)
        let ending = try #require(ProbeProcess.reap(pid))
        #expect(ending.status >> 8 == 7 && ending.status & 0x7F == 0)
        #expect(ending.cpuSeconds >= 0)
        #expect(ProbeProcess.reap(pid) == nil, "once")
    }

    @Test func killedProcessTellsItsSignal() throws {
        let (pid, input) = try Self.child()
        defer { close(input) }
        #expect(kill(pid, SIGKILL) == 0)
        try Self.waitForEnd(of: pid)
        #expect(ProbeProcess.reap(pid)?.status == 9)
    }
}
