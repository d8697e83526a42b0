import Foundation
import Testing

@testable import Daemon

@Suite struct SystemdNotifierTests {
    /// The other end of the conversation: a bound datagram socket.
    private final class Manager {
        let name: String
        private let descriptor: Int32

        /// `@` in front of the name makes an abstract socket.
        init(name: String) throws {
            self.name = name
            descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            var bytes = Array(name.utf8)
            if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
            let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
            let status = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, length)
                }
            }
            try #require(status == 0, "bind: errno \(errno)")
        }

        deinit {
            close(descriptor)
            unlink(name)
        }

        /// The next datagram; nil when there is none.
        func heard() -> String? {
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = recv(
                descriptor, &bytes, bytes.count, Int32(truncatingIfNeeded: MSG_DONTWAIT))
            return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
        }
    }

    private static let names: [String] = {
        let unique = UUID().uuidString
        let directory = FileManager.default.temporaryDirectory.path
        // The longest path that sun_path takes with its terminating zero.
        let long = "\(directory)/\(unique)".padding(toLength: 107, withPad: "x", startingAt: 0)
        return ["\(directory)/\(unique)", "@\(unique)", long]
    }()

    private func notifier(_ variables: [String: String], process: Int32 = 42) -> SystemdNotifier {
        SystemdNotifier(environment: { variables[$0] }, process: process)
    }

    @Test(arguments: names) func statesArriveOneByOne(name: String) throws {
        let manager = try Manager(name: name)
        let notifier = notifier(["NOTIFY_SOCKET": name])
        notifier.send("READY=1")
        notifier.send("STATUS=WARNING: rail0 port 1 — \u{1F40C}")
        #expect(manager.heard() == "READY=1")
        #expect(manager.heard() == "STATUS=WARNING: rail0 port 1 — \u{1F40C}")
        #expect(manager.heard() == nil)
    }

    @Test(arguments: [
        nil, "", "@", "/nowhere/notify", String(repeating: "x", count: 108),
        String(repeating: "y", count: 5000),
    ])
    func nobodyThereIsNoTrouble(name: String?) {
        let before = openFiles()
        let notifier = notifier(name.map { ["NOTIFY_SOCKET": $0] } ?? [:])
        for _ in 0..<300 { notifier.send("WATCHDOG=1") }
        // Other tests open files too, but not a hundred.
        #expect(openFiles() < before + 100)
    }

    private func openFiles() -> UInt64 { ProcFile.count("/proc/self/fd") ?? .max }

    @Test(
        arguments: [
            ("60000000", 60_000_000_000), ("1", 1000), ("0", nil), ("", nil), ("-1", nil),
            ("1s", nil),
            ("18446744073709551615", nil), ("18446744073709552", nil),
            ("18446744073709551", 18_446_744_073_709_551_000), (nil, nil),
        ] as [(String?, UInt64?)])
    func watchdogPeriod(text: String?, nanoseconds: UInt64?) {
        let variables = text.map { ["WATCHDOG_USEC": $0] } ?? [:]
        #expect(notifier(variables).watchdogNanoseconds == nanoseconds)
    }

    @Test(arguments: [("42", true), ("43", false), ("", false), (nil, true)] as [(String?, Bool)])
    func watchdogOfAnotherProcessIsNotOurs(pid: String?, isOurs: Bool) {
        var variables = ["WATCHDOG_USEC": "1000"]
        variables["WATCHDOG_PID"] = pid
        #expect((notifier(variables).watchdogNanoseconds != nil) == isOurs)
    }
}
