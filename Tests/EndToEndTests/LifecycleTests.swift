import Foundation
import Testing
import Wire

extension EndToEndTests {
    @Test("A second daemon on the same history is refused and told who holds it")
    func sharedHistory() throws {
        try withDaemon { daemon, _ in
            let other = daemon.home.file("other.yaml")
            let text = try String(contentsOf: daemon.configuration, encoding: .utf8)
                .replacingOccurrences(of: daemon.socket.path, with: daemon.socket.path + "2")
            try Data(text.utf8).write(to: other)
            let second = try Child.run(
                try DaemonUnderTest.program("fabricwatchd"), ["--config", other.path], within: 20)
            #expect(second.status == 1)
            #expect(second.errors.contains("\(daemon.child.pid)"), "\(second.errors)")
            #expect(second.errors.contains(daemon.history.path), "\(second.errors)")
            #expect(try daemon.get("/readyz").status == 200)
        }
    }

    @Test("A wrong configuration is refused with its place, before anything is started")
    func wrongConfiguration() throws {
        let daemon = try DaemonUnderTest.program("fabricwatchd")
        let home = try ScratchDirectory()
        let file = home.file("wrong.yaml")
        try Data("node: {name: n}\nintervall: 1s\n".utf8).write(to: file)
        for arguments in [["--config", file.path], ["--check-config", file.path]] {
            let child = try Child.run(daemon, arguments, within: 20)
            let said = child.output + child.errors
            #expect(child.status == 78, "\(arguments): \(said)")
            #expect(said.contains("\(file.path):2"), "\(arguments): \(said)")
            #expect(said.contains("intervall"), "\(arguments): \(said)")
        }
        #expect(home.names == ["wrong.yaml"])
        let missing = try Child.run(daemon, ["--config", home.file("none.yaml").path], within: 20)
        #expect(missing.status == 78)
        #expect(missing.errors.contains("none.yaml"))
    }

    @Test("The configuration that is delivered has no errors")
    func deliveredConfiguration() throws {
        let file = Requirements.repository.appendingPathComponent("config/fabricwatch.yaml")
        let check = try Child.run(
            try DaemonUnderTest.program("fabricwatchd"), ["--check-config", file.path], within: 20)
        #expect(check.status == 0, "\(check.output)\(check.errors)")
        #expect(check.output.contains("no errors"))
    }
}
