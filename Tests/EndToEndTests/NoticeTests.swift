import Foundation
import Testing
import Wire

extension EndToEndTests {
    @Test("Announced work makes a pulled cable INFO, outlives kill -9, and ends")
    func maintenance() throws {
        try withDaemon(losesProbes: true) { daemon, fabric in
            let program = try DaemonUnderTest.program("fabricwatch")
            func fabricwatch(_ arguments: String...) throws -> Child {
                try Child.run(program, arguments + ["--socket", daemon.socket.path], within: 20)
            }
            let cable = daemon.cables[1]
            let begun = try fabricwatch(
                "maintenance", "begin", "swap", "--ends", "1h", "--reason", "new cable",
                "--device", cable.device, "--author", "ann")
            #expect(begun.status == 0, "\(begun.errors)")
            #expect(begun.output.contains("on \(cable.device) meanwhile is INFO"))
            try fabric.unlink(rail: cable.rail)
            let found = try eventually("the link is found to be down") {
                try daemon.health().conditions.first { $0.id == "ib_link_down" }
            }
            #expect(found.severity == "INFO" && found.maintenance?.author == "ann")
            let shown = try fabricwatch("health")
            #expect(shown.status == 0 && shown.output.hasPrefix("INFO  "), "\(shown.output)")
            #expect(shown.output.contains("maintenance: swap on \(cable.device) by ann, until "))
            #expect(try daemon.get("/api/v1/health?strict=1").status == 200)
            let work = try daemon.document("/api/v1/maintenance") as V1.MaintenanceList

            try daemon.kill9()
            try daemon.startAgain()
            let again = try daemon.document("/api/v1/maintenance") as V1.MaintenanceList
            #expect(again.maintenance == work.maintenance)
            try eventually("the link is grave by now, and excused", within: 60) {
                try daemon.health().verdictWithoutMaintenance == "CRITICAL"
            }
            #expect(try daemon.health().verdict == "INFO")
            let active = try daemon.metrics().value(
                "fabricwatch_maintenance_active", ["scope": "part"])
            #expect(active == 1)

            let ended = try fabricwatch("maintenance", "end", "swap", "--author", "bob")
            #expect(ended.status == 0, "\(ended.errors)")
            #expect(try daemon.health().verdict == "CRITICAL")
            #expect(try fabricwatch("health").status == 2)
            let twice = try fabricwatch("maintenance", "end", "swap")
            #expect(twice.status == 64 && twice.errors.contains("no maintenance is named"))
            let events: V1.Events = try daemon.document("/api/v1/events?after=0&limit=1000")
            let told = events.events.filter { $0.kind.hasPrefix("maintenance_") }
            #expect(told.map(\.kind) == ["maintenance_set", "maintenance_ended"])
            #expect(told.last?.line == "swap was ended by bob")
            #expect(events.events.map(\.id) == Array(1...UInt64(events.events.count)))
            try fabric.relink(rail: cable.rail)
        }
    }

    @Test("An acknowledged condition is shown as before, and the notice outlives kill -9")
    func acknowledgement() throws {
        try withDaemon(losesProbes: true) { daemon, fabric in
            let program = try DaemonUnderTest.program("fabricwatch")
            func fabricwatch(_ arguments: String...) throws -> Child {
                try Child.run(program, arguments + ["--socket", daemon.socket.path], within: 20)
            }
            let cable = daemon.cables[0]
            try fabric.unlink(rail: cable.rail)
            let found = try eventually("the link is found to be down") {
                try daemon.health().conditions.first {
                    $0.id == "ib_link_down" && $0.severity != "INFO"
                }
            }
            let incident = try #require(found.incident)
            let taken = try fabricwatch(
                "acknowledge", "ib_link_down", cable.device, "--note", "ordered", "--author", "ann")
            #expect(taken.status == 0, "\(taken.errors)")
            let noticed = try #require(try daemon.health().conditions.first)
            #expect(noticed.severity != "INFO" && noticed.acknowledgement?.note == "ordered")

            try daemon.kill9()
            try daemon.startAgain()
            let list = try daemon.document("/api/v1/acknowledgements") as V1.Acknowledgements
            #expect(list.acknowledgements.map(\.incident) == [incident])
            #expect(list.acknowledgements.first?.acknowledgement == noticed.acknowledgement)
            let overTCP = HTTPClient(address: .loopback(port: daemon.port))
            let path = "/api/v1/acknowledgements/\(incident)"
            #expect(try overTCP.ask("DELETE", path + "?author=eve").status == 403)
            let socket = HTTPClient(address: .socket(path: daemon.socket.path))
            let again = try socket.ask("PUT", path, body: #"{"author": "bob"}"#)
            #expect(again.status == 200, "\(again.text)")
            #expect(try socket.ask("DELETE", path + "?author=bob").status == 200)
            #expect(try daemon.health().conditions.first?.acknowledgement == nil)

            #expect(try socket.ask("PUT", path, body: #"{"author": "bob"}"#).status == 201)
            try fabric.relink(rail: cable.rail)
            try eventually("the node is well again") { try daemon.health().verdict == "PASS" }
            #expect(try socket.ask("PUT", path, body: #"{"author": "bob"}"#).status == 404)
        }
    }
}
