import Foundation
import Serve
import Testing

@Suite struct StopTests {
    private let entered = DispatchSemaphore(value: 0)
    private let release = DispatchSemaphore(value: 0)

    private func blocking(_ configure: (inout ServeConfiguration) -> Void) throws -> LiveServer {
        var script = ScriptedAnswers.Script()
        script.deltas = { [entered, release] _ in
            entered.signal()
            release.wait()
            return .sample
        }
        return try LiveServer(script, configure: configure)
    }

    private func stopInBackground(_ server: Server) -> DispatchSemaphore {
        let stopped = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            server.stop()
            stopped.signal()
        }
        return stopped
    }

    @Test func anAnswerOnItsWayArrivesAndIdleConnectionsEnd() throws {
        let live = try blocking { $0.stopTimeout = 30_000_000_000 }
        let idle = try live.tcp()
        #expect(try idle.get("/healthz").status == 200)
        let half = try live.tcp()
        half.send("GET /heal")
        let asking = try live.unix()
        asking.send("GET /api/v1/deltas?since=5m HTTP/1.1\r\nHost: localhost\r\n\r\n")
        entered.expect()
        let stopped = stopInBackground(live.server)
        #expect(try idle.isAtEnd())
        #expect(try half.isAtEnd())
        release.signal()
        let reply = try asking.reply()
        #expect(reply.status == 200)
        #expect(reply.fields["connection"] == "close")
        stopped.expect()
        #expect(live.server.statistics.connectionsOpen == 0)
        #expect(throws: ClientError.self) { try live.tcp() }
        #expect(throws: ClientError.self) { try live.unix() }
    }

    @Test func aStuckHistoryDoesNotHoldTheServer() throws {
        let live = try blocking { $0.stopTimeout = 50_000_000 }
        let asking = try live.tcp()
        asking.send("GET /api/v1/deltas?since=5m HTTP/1.1\r\nHost: localhost\r\n\r\n")
        entered.expect()
        live.server.stop()
        #expect(try asking.isAtEnd())
        // Its late answer finds nobody, and the thread ends.
        release.signal()
    }
}
