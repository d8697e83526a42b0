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
        #expect(opinion.action.contains("replace the part that is accused first"))
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

    @Test func theMatrixIsWhole() {
        for row in Attribution.matrix {
            #expect(!row.because.isEmpty, "\(row.pattern)")
            #expect(row.pattern == .noPart || !row.accused.isEmpty, "\(row.pattern)")
            #expect(Set(row.accused).count == row.accused.count, "\(row.pattern)")
        }
    }
}
