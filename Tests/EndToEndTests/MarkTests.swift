import Foundation
import Testing
import Wire

extension EndToEndTests {
    @Test("Deltas between two marks are exact, and marks outlive kill -9")
    func marks() throws {
        try withDaemon(losesProbes: true) { daemon, fabric in
            let program = try DaemonUnderTest.program("fabricwatch")
            func fabricwatch(_ arguments: String...) throws -> Child {
                try Child.run(program, arguments + ["--socket", daemon.socket.path], within: 20)
            }
            let end = CableEnd(cable: daemon.cables[0], end: .peer)
            func count(_ target: String) throws -> UInt64? {
                let deltas: V1.Deltas = try daemon.document("/api/v1/deltas?\(target)")
                return try deltas.entries(end)["symbol_error"]?.delta
            }
            try fabric.set([end: ["symbol_error": 100]])
            try daemon.awaitNewPass()
            let set = try fabricwatch("mark", "T0", "--note", "burn-in", "--expires", "1h")
            #expect(set.status == 0, "\(set.errors)")
            #expect(set.output.hasPrefix("T0 is pass "))
            try fabric.set([end: ["symbol_error": 130]])
            try daemon.awaitNewPass()
            #expect(try fabricwatch("mark", "T1").status == 0)
            try fabric.set([end: ["symbol_error": 137]])
            try daemon.awaitNewPass()
            #expect(try count("since=mark:T0") == 37)
            #expect(try count("since=mark:T0&until=mark:T1") == 30)
            #expect(try count("since=mark:T1") == 7)
            // A second run of the script does not move it, unless it says so.
            let again = try fabricwatch("mark", "T0")
            #expect(again.status == 64 && again.errors.contains("replace"), "\(again.errors)")

            let before = try daemon.document("/api/v1/marks") as V1.Marks
            #expect(before.marks.map(\.name) == ["T0", "T1"])
            try daemon.kill9()
            try daemon.startAgain()
            #expect(try (daemon.document("/api/v1/marks") as V1.Marks).marks == before.marks)
            #expect(try count("since=mark:T0&until=mark:T1") == 30)
            let shown = try fabricwatch("marks")
            #expect(shown.output.contains("burn-in"), "\(shown.errors)")

            let overTCP = HTTPClient(address: .loopback(port: daemon.port))
            let refused = try overTCP.ask("PUT", "/api/v1/marks/T2", body: "{}")
            #expect(refused.status == 403 && refused.text.contains(daemon.socket.path))
            #expect(try overTCP.ask("DELETE", "/api/v1/marks/T0").status == 403)
            #expect(try fabricwatch("mark", "T0", "--replace").status == 0)
            #expect(try count("since=mark:T0") == 0)
            #expect(try fabricwatch("mark", "T0", "--delete").status == 0)
            #expect(try daemon.get("/api/v1/deltas?since=mark:T0").status == 404)
        }
    }
}
