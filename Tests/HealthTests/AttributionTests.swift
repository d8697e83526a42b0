import Model
import Testing

@testable import Health

/// Whom the counts of both ends accuse, and the sentence that says why.
@Suite struct AttributionTests {
    private func finding(_ timeline: String, _ id: ConditionID, until end: String) -> Opinion? {
        var scenario = Scenario(timeline)
        scenario.run(until: end)
        return scenario.findings.first { $0.opinion.id == id }?.opinion
    }

    @Test func errorsAtTheFarEndAccuseOurTransmitter() throws {
        let opinion = try #require(
            finding("10m peer symbol_error +412", .symbolErrorsHigh, until: "10m"))
        #expect(opinion.accused == [.localPort, .cable, .peerPort])
        #expect(opinion.grade == .twoEnded)
        #expect(
            opinion.why == "leaf01 port 5 counted 412 symbol errors in 10 min receiving from us; "
                + "we counted 0: our transmitter, our module or the cable.")
        #expect(opinion.summary.hasPrefix("rail0 port 1: leaf01 port 5 counted 412"))
        #expect(
            opinion.action == "Drain the node and replace one at a time, putting back what does "
                + "not help: this end's module or HCA, then the cable, then the far end's module "
                + "or port.")
    }

    @Test func errorsHereAccuseTheFarTransmitter() throws {
        let opinion = try #require(
            finding("10m local symbol_error +412", .symbolErrorsHigh, until: "10m"))
        #expect(opinion.accused == [.peerPort, .cable, .localPort])
        #expect(opinion.why?.hasPrefix("we counted 412 symbol errors in 10 min") == true)
        #expect(opinion.evidence.contains { $0.hasPrefix("at the peer: 0 errors in") })
    }

    @Test func errorsAtBothEndsAccuseWhatTheyShare() throws {
        let opinion = try #require(
            finding(
                "10m local symbol_error +412\n10m peer symbol_error +300", .symbolErrorsHigh,
                until: "10m"))
        #expect(opinion.accused.first == .cable)
    }

    @Test func oneLaneExculpatesHCAAndSwitch() throws {
        let opinion = try #require(
            finding(
                "10m peer symbol_error +412\n10m peer error_detection_lane_2 +412",
                .symbolErrorsHigh, until: "10m"))
        #expect(opinion.accused == [.cable, .localPort])
        #expect(opinion.why?.contains("one lane alone") == true)
    }

    @Test func oneEndIsNoProof() throws {
        let opinion = try #require(
            finding(
                "5m peer lost\n10m local symbol_error +412", .symbolErrorsHigh, until: "10m"))
        #expect(opinion.grade == .localOnly)
        #expect(opinion.action.contains("replace nothing before both ends were read"))
        #expect(opinion.why?.contains("leaf01 port 5 does not tell") == true)
    }

    @Test func blocksThereAndSymbolErrorsHereAccuseWhatTheyShare() throws {
        let blocks = "10m peer port_fec_uncorrectable +2\n11m peer port_fec_uncorrectable +2"
        let one = try #require(finding(blocks, .fecUncorrectable, until: "11m"))
        #expect(one.accused.first == .localPort)
        let both = try #require(
            finding(blocks + "\n10m local symbol_error +2", .fecUncorrectable, until: "11m"))
        #expect(both.accused.first == .cable && both.grade == .twoEnded)
    }

    /// The same at several ports of one HCA accuses what they share, and what to replace with it;
    /// at one port it is as it was.
    @Test(arguments: [1, 2])
    func severalPortsOfOneHCAAreNotSeveralCables(_ count: UInt8) {
        let evidence = Sample.evidence((1...2).map { Sample.cable(port: $0) })
        var judgement = Judgement(
            opinions: (1...count).map { port in
                var opinion = Sample.opinion(.symbolErrorsHigh, port: port)
                opinion.subject.key = Sample.cable(port: port).report.key.description
                (opinion.accused, opinion.grade) = ([.cable], .twoEnded)
                return opinion
            })
        Suppression.apply(to: &judgement, evidence, Standing())
        for opinion in judgement.opinions {
            #expect(opinion.accused == (count == 1 ? [.cable] : [.localPort, .pciePath, .host]))
            #expect(
                opinion.action.hasSuffix("this end's module or HCA, then the HCA's slot or riser.")
                    == (count > 1))
            #expect(opinion.evidence.count == Int(count) - 1)
        }
    }

    @Test func aLinkThatOnlyTheSwitchSawGoIsTheNodes() throws {
        let opinion = try #require(
            finding("10m peer link_downed +3", .linkFlap, until: "10m"))
        #expect(opinion.accused.first == .host)
        let both = try #require(
            finding(
                "10m peer link_downed +3\n10m local link_downed +3", .linkFlap, until: "10m"))
        #expect(both.accused.first == .cable)
    }

    @Test func discardsTowardsASlowHostAreTheHosts() throws {
        let slow = try #require(
            finding(
                "10m peer port_xmit_discards +500\n10m local outbound_pci_stalled_wr_events +9",
                .transmitDiscards, until: "10m"))
        #expect(slow.accused == [.host, .pciePath] && slow.why?.contains("not the fabric") == true)
        let ours = try #require(
            finding("10m local port_xmit_discards +500", .transmitDiscards, until: "10m"))
        #expect(ours.accused == [.peerSwitch, .fabric])
    }

    @Test func whatTheSwitchTellsOfDamagedPacketsDecides() throws {
        func received(_ detail: String) throws -> Opinion {
            try #require(
                finding(
                    "9m peer port_rcv_errors +6 every 1m until 10m\n"
                        + "9m peer \(detail) +6 every 1m until 10m", .receiveErrors, until: "10m"))
        }
        let damaged = try received("port_local_physical_errors")
        #expect(damaged.accused == [.localPort, .cable, .peerPort] && damaged.step == nil)
        let malformed = try received("port_malformed_packet_errors")
        #expect(malformed.accused == [.localPort] && malformed.step == .drain)
        #expect(malformed.why?.hasSuffix("builds bad packets, and no cable does that.") == true)
        #expect(malformed.action.contains("Leave the cable alone"))
        let overrun = try received("port_buffer_overrun_errors")
        #expect(overrun.accused == [.localPort, .peerPort])
        #expect(overrun.evidence.first?.contains("12 as without a buffer") == true)
    }

    @Test func whatTheSwitchCannotRouteIsTheSubnetManagers() throws {
        let timeline = "10m peer port_rcv_switch_relay_errors +1500\n10m peer "
        let lost = try #require(
            finding(
                timeline + "port_dlid_mapping_errors +1500", .routingOrKey, until: "10m"))
        #expect(lost.accused == [.subnetManager])
        let looped = try #require(
            finding(timeline + "port_looping_errors +1500", .routingOrKey, until: "10m"))
        #expect(looped.accused == [.subnetManager, .fabric])
    }

    @Test func aLinkThatLostALaneSaysWhatItHad() throws {
        let opinion = try #require(finding("10m lanes 2", .widthDegraded, until: "10m"))
        #expect(
            opinion.why == "the link to leaf01 port 5 has 2 lanes of 4: it had 4 with this "
                + "neighbour before.")
        #expect(opinion.grade == .twoEnded)
        #expect(opinion.evidence.contains("the peer may use 1X or 2X or 4X lanes and up to NDR"))
    }

    @Test func anHCAThatGaveUpExplainsItsPorts() throws {
        var scenario = Scenario("10m told hca_health 1\n10m local lost")
        scenario.run(until: "10m")
        let port = try #require(
            scenario.findings.first { $0.opinion.id == .portUnobservable })
        #expect(port.opinion.explainedBy == .hcaFatal)
        #expect(scenario.changes == ["10m raised hca_fatal CRITICAL"])
    }

    @Test func packetsThatVanishAccuseTheASICs() throws {
        let row = try #require(ScenarioTests.cables.first { $0.id == .silentDropSuspect })
        let opinion = try #require(finding(row.timeline, row.id, until: "45m"))
        #expect(opinion.accused == [.peerSwitch, .localPort] && opinion.grade == .twoEnded)
        #expect(
            opinion.why == "we sent 2.7e10 packets and leaf01 port 5 received 45000000 fewer in "
                + "45 min: no counter tells where, so that an ASIC or its firmware loses or "
                + "miscounts them.")
        #expect(
            opinion.evidence.last
                == "15000000 of 9e9 packets; up to 518798 may have been under way")
    }

    @Test func whatIsFarBeyondTheUsualSaysByHowMuch() throws {
        let low = try #require(ScenarioTests.cables.first { $0.id == .fecMarginLow })
        var scenario = Scenario(low.timeline, interval: low.interval)
        scenario.run(until: "33h")
        let margin = try #require(
            scenario.findings.first { $0.opinion.id == .fecMarginLow }?.opinion)
        #expect(margin.accused == [.peerPort, .cable, .localPort])
        #expect(
            margin.why == "FEC at this end corrected 1.6e-5 of the bits or more in each of the "
                + "latest 3 h, where 1e-8 is usual: the peer's transmitter, its module or the "
                + "cable.")
        let waits = try #require(ScenarioTests.cables.first { $0.id == .congestion })
        scenario = Scenario(waits.timeline, interval: waits.interval)
        scenario.run(until: "1810m")
        let waiting = try #require(
            scenario.findings.first { $0.opinion.id == .congestion }?.opinion)
        #expect(waiting.accused == [.host, .pciePath] && waiting.subject.device == "rail0")
        #expect(
            waiting.why == "leaf01 port 5 waits to send to us 11 times as much per packet as is "
                + "usual in 15 min, and the other rails at most 1 times: this node takes packets "
                + "more slowly than it used to.")
    }

    @Test func theMatrixIsWhole() {
        for row in Attribution.matrix {
            #expect(!row.because.isEmpty, "\(row.pattern)")
            #expect(row.pattern == .noPart || !row.accused.isEmpty, "\(row.pattern)")
            #expect(Set(row.accused).count == row.accused.count, "\(row.pattern)")
        }
    }
}
