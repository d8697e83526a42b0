import Foundation
import Testing
import Wire

extension EndToEndTests {
    @Test("A switch that takes two links along is one event, and no cable is accused")
    func switchReboot() throws {
        try withDaemon(.init(judgesCounts: true)) { daemon, fabric in
            let (stays, moves) = (daemon.cables[0], daemon.cables[1])
            let rails = [stays.device, moves.device]
            try fabric.plugged(moves, into: stays.switchNode, port: 30) {
                try eventually("both are at one switch", within: 40) {
                    try rails.allSatisfy { rail in
                        let link = try daemon.links().links.first { $0.device == rail }
                        return link?.peerState == "observed"
                            && link?.peer?.guid == stays.switchGUID
                    }
                }
                // What the move itself did is over first.
                try eventually("the node is well") {
                    try daemon.health().conditions.allSatisfy { $0.severity == "INFO" }
                }
                try fabric.tell(stays.plane, "Unlink \"\(stays.switchNode)\"")
                let event = try eventually("the switch is missed") {
                    try daemon.health().conditions.first { $0.id == "ib_peer_switch_event" }
                }
                #expect(event.accused == ["peer_switch"])
                #expect(event.summary.hasPrefix("2 links of this node to switch "))
                #expect(event.subject.key == stays.switchGUID)
                #expect(event.step == "page_fabric_owner" && event.severity == "WARNING")
                let downs = try daemon.health().conditions.filter { $0.id == "ib_link_down" }
                #expect(Set(downs.compactMap(\.subject.device)) == Set(rails))
                #expect(downs.allSatisfy { $0.explainedBy == "ib_peer_switch_event" })
                #expect(downs.allSatisfy { $0.step == "none" })

                // It is back with counters at zero, as after its start.
                try fabric.clear([stays])
                try fabric.tell(stays.plane, "ReLink \"\(stays.switchNode)\"")
                try eventually("it is over", within: 40) {
                    try daemon.health().conditions.allSatisfy { $0.severity == "INFO" }
                }
                let events: V1.Events = try daemon.document("/api/v1/events?after=0&limit=1000")
                let raised = events.events.filter { $0.kind == "condition_raised" }
                #expect(raised.contains { $0.line.hasPrefix("ib_peer_switch_event: ") })
                #expect(!raised.contains { $0.line.hasPrefix("ib_link_flap: ") })
            }
            try eventually("the cable is where it was", within: 40) {
                try daemon.links().links.first { $0.device == moves.device }?.peer?.guid
                    == moves.switchGUID
            }
        }
    }

    @Test("Another subnet manager is told of at every port, and is no fault")
    func anotherManager() throws {
        try withDaemon(.init(judgesCounts: true)) { daemon, fabric in
            let plane = daemon.cables[0].plane
            let rails = Set(daemon.cables.filter { $0.plane == plane }.map(\.device))
            try daemon.awaitNewPass()
            try fabric.relidManager(plane: plane, lid: 900)
            let found = try eventually("all four ports tell", within: 40) {
                let found = try daemon.health().conditions.filter {
                    $0.id == "ib_sm_or_lid_changed"
                }
                return Set(found.compactMap(\.subject.device)) == rails ? found : nil
            }
            #expect(found.allSatisfy { $0.severity == "INFO" && $0.step == "none" })
            #expect(found.allSatisfy { $0.accused == ["subnet_manager"] })
            try eventually("the node is well") { try daemon.health().verdict == "INFO" }
        }
    }

    @Test("Discards accuse who does not take the packets, and full counters accuse nobody")
    func discardsAndFullCounters() throws {
        try withDaemon(.init(judgesCounts: true)) { daemon, fabric in
            let (slow, full) = (daemon.cables[2], daemon.cables[6])
            try daemon.awaitNewPass()
            try fabric.set([CableEnd(cable: slow, end: .peer): ["port_xmit_discards": 900]])
            let found = try eventually("discards are found") {
                try daemon.health().conditions.first { $0.id == "ib_xmit_discards" }
            }
            #expect(found.severity == "WARNING" && found.subject.device == slow.device)
            #expect(found.accused.first == "host" && found.evidenceGrade == "two_ended")
            #expect(found.why?.contains("counted 900 discarded packets in ") == true)
            #expect(found.step == "watch")

            // A full counter says that something was counted, and never when.
            try fabric.set([CableEnd(cable: full, end: .peer): ["vl15_dropped": 65535]])
            let blind = try eventually("the full counter is found") {
                try daemon.health().conditions.first { $0.id == "counter_blind" }
            }
            #expect(blind.severity == "WARNING" && blind.subject.device == full.device)
            #expect(blind.subject.end == "peer" && blind.accused.isEmpty)
            let drops = try eventually("what it counted last is judged") {
                try daemon.health().conditions.first { $0.id == "ib_mgmt_drops" }
            }
            #expect(drops.severity == "WARNING" && drops.subject.device == full.device)
            #expect(try daemon.health().verdict == "WARNING")
        }
    }
}
