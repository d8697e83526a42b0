import Foundation
import Testing
import Wire

extension EndToEndTests {
    @Test("Symbol errors accuse by the end that counts them, and survive a restart and a clear")
    func symbolErrorsAreJudged() throws {
        try withDaemon(.init(judgesCounts: true), losesProbes: true) { daemon, fabric in
            let cable = daemon.cables[3]
            let far = CableEnd(cable: cable, end: .peer)
            try daemon.awaitNewPass()
            try fabric.set([far: ["symbol_error": 4000]])
            let high = try eventually("errors at the switch are found") {
                try daemon.health().conditions.first { $0.id == "ib_symbol_ber_high" }
            }
            #expect(high.subject.device == cable.device && high.severity == "CRITICAL")
            #expect(high.accused == ["local_port", "cable", "peer_port"])
            #expect(high.evidenceGrade == "two_ended" && high.step == "replace_part")
            #expect(high.why?.contains("counted 4000 symbol errors in ") == true)
            #expect(try daemon.health().verdict == "CRITICAL")

            try fabric.set([CableEnd(cable: cable, end: .local): ["symbol_error": 4000]])
            try eventually("errors at both ends accuse what they share") {
                try daemon.health().conditions.first { $0.id == "ib_symbol_ber_high" }?
                    .accused.first == "cable"
            }
            let events: V1.Events = try daemon.document("/api/v1/events?after=0&limit=1000")
            #expect(
                events.events.contains {
                    $0.kind == "condition_raised" && $0.line.hasPrefix("ib_symbol_ber_high: ")
                        && $0.sources == ["health"]
                })
            try daemon.awaitNewPass()
            try daemon.awaitNewPass()
            try daemon.kill9()
            try daemon.startAgain()
            let again = try eventually("it holds after a restart") {
                try daemon.health().conditions.first { $0.id == "ib_symbol_ber_high" }
            }
            #expect(again.since == high.since)
        }
    }

    @Test("A flap storm is one condition with the times that both ends counted")
    func flapStormIsJudged() throws {
        try withDaemon(.init(judgesCounts: true)) { daemon, fabric in
            let cable = daemon.cables[4]
            let both = [CableEnd(cable: cable, end: .peer), CableEnd(cable: cable, end: .local)]
            try daemon.awaitNewPass()
            try fabric.set(
                Dictionary(uniqueKeysWithValues: both.map { ($0, ["link_downed": UInt64(5)]) }))
            let flap = try eventually("the storm is found") {
                try daemon.health().conditions.first { $0.id == "ib_link_flap" }
            }
            #expect(flap.severity == "CRITICAL" && flap.accused.first == "cable")
            #expect(flap.why?.contains("went down 5 times") == true)
        }
    }
}
