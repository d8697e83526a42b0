import Foundation
import Testing
import Wire

extension EndToEndTests {
    @Test("The operator's command answers from the live daemon, with exit statuses")
    func operatorCommand() throws {
        try withDaemon { daemon, fabric in
            let program = try DaemonUnderTest.program("fabricwatch")
            func fabricwatch(_ arguments: String...) throws -> Child {
                try Child.run(program, arguments + ["--socket", daemon.socket.path], within: 20)
            }
            let status = try fabricwatch("health")
            #expect(status.status == 0, "\(status.errors)")
            #expect(status.output.contains("PASS"))
            let links = try fabricwatch("links")
            #expect(links.status == 0, "\(links.errors)")
            for cable in daemon.cables { #expect(links.output.contains(cable.device)) }

            let end = CableEnd(cable: daemon.cables[0], end: .local)
            try fabric.set([end: ["symbol_error": 321]])
            try daemon.awaitNewPass()
            let deltas = try fabricwatch("deltas", "--since", "1m", "--json")
            #expect(deltas.status == 0, "\(deltas.errors)")
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let document = try decoder.decode(V1.Deltas.self, from: Data(deltas.output.utf8))
            #expect(try document.entries(end)["symbol_error"]?.delta == 321)
        }
    }
}
