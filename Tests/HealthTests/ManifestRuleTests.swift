import Model
import Testing

@testable import Health

/// Opinions out of what differs from the manifest.
struct ManifestRuleTests {
    private func judge(
        gpus: GPUsEvidence? = nil, spoilt spoil: (inout Inventory) -> Void
    ) -> [Opinion] {
        var evidence = Sample.evidence()
        evidence.gpus = gpus
        evidence.manifest = Sample.compare(spoilt: spoil)
        return Rules.judge(evidence)
    }

    @Test func nothingWithoutAManifest() {
        #expect(Rules.judge(Sample.evidence()) == [])
    }

    @Test func nothingWhereAllIsAsExpected() {
        #expect(judge { _ in } == [])
    }

    @Test func missing() {
        let found = judge {
            $0.hcas.removeLast(2)
            $0.gpus.removeLast()
        }
        #expect(found.map(\.id) == [.hcaMissing, .hcaMissing, .gpuMissing])
        #expect(found.allSatisfy { $0.severity == .critical })
        // Each has a label of its own in the metrics, which know no PCI addresses.
        #expect(Set(found.map(\.subject.device)).count == 3)
        #expect(
            found.first?.evidence == [
                "guid: expected 0x00000000000000a2", "serial: expected MT2345X00002",
            ])
    }

    /// What is lost already is not missing as well.
    @Test func lostGPUIsSaidOnce() {
        let gpu = GPUEvidence(
            index: 1, address: Sample.gpu(1).address, uuid: nil, state: .read, isListed: false,
            isFresh: false, isStale: false)
        let found = judge(gpus: GPUsEvidence(library: nil, gpus: [gpu])) {
            $0.gpus[1].isPresent = false
            $0.gpus[1].isListed = false
        }
        #expect(found.map(\.id) == [.gpuLost])
    }

    @Test func miswiredIsAWarningAfterAMinute() {
        let found = judge { $0.hcas[0].ports[0].peer = Sample.leaf(0, port: 9) }
        #expect(found.map(\.id) == [.miswired])
        var standing = Standing()
        #expect(standing.update(found, now: Sample.moment(0)).map(\.severity) == [.info])
        #expect(standing.update(found, now: Sample.moment(60)).map(\.severity) == [.warning])
    }

    @Test func swappedCablesAreOneOpinionThatStaysLow() {
        let found = judge {
            $0.hcas[3].ports[0].peer = Sample.leaf(2)
            $0.hcas[2].ports[0].peer = Sample.leaf(3)
        }
        #expect(found.map(\.id) == [.miswired])
        #expect(found.map(\.severity) == [.info] && found.allSatisfy(\.isCapped))
        #expect(found.first?.accused == [.administrator])
        #expect(
            found.first?.evidence == [
                "peer.guid: expected 0x00000000000000f3, seen 0x00000000000000f4",
                "peer.port: expected 3, seen 4",
            ])
    }

    @Test func degraded() {
        let narrow = judge { $0.hcas[0].ports[0].widthLanes = 2 }
        #expect(narrow.map(\.id) == [.widthDegraded])
        let slow = judge {
            $0.hcas[0].ports[0].laneMegabitsPerSecond = 53_125
            $0.hcas[0].ports[0].fec = .reedSolomon
        }
        #expect(slow.map(\.id) == [.speedDegraded])
        #expect(slow.map(\.isCapped) == [false])
        #expect(slow.first?.summary.hasSuffix("106250 Mbit/s. 1 more difference.") == true)
        let other = judge { $0.hcas[0].ports[0].fec = .reedSolomon }
        #expect(other.map(\.id) == [.speedDegraded])
        #expect(other.map(\.severity) == [.warning] && other.allSatisfy(\.isCapped))
    }

    /// What is more than expected, or not InfiniBand, contradicts the manifest and is not degraded.
    @Test func notDegraded() {
        let wide = judge {
            $0.hcas[0].ports[0].widthLanes = 8
            $0.hcas[0].ports[0].laneMegabitsPerSecond = 212_500
        }
        #expect(wide.map(\.id) == [.inventoryMismatch])
        let ethernet = judge {
            $0.hcas[0].ports[0].layer = .ethernet
            $0.hcas[0].ports[0].widthLanes = 2
        }
        #expect(ethernet.map(\.id) == [.inventoryMismatch])
    }

    @Test func oneMismatchForEachPart() {
        let found = judge {
            $0.hcas[0].firmware = "1"
            $0.hcas[0].boardID = "MT_1"
            $0.gpus[0].nvlinksUp = 17
            $0.hcas.append(Sample.hca(4))
        }
        #expect(found.map(\.id) == [.inventoryMismatch, .inventoryMismatch, .inventoryMismatch])
        #expect(found.allSatisfy { $0.severity == .warning })
        #expect(found.map(\.subject.device) == ["mlx5_0", "mlx5_4", nil])
        #expect(
            found.first?.evidence == [
                "mlx5_0 (0000:18:00.0): psid is MT_1, the manifest expects MT_0000000838.",
                "firmware: expected 28.39.1002, seen 1",
                "psid: expected MT_0000000838, seen MT_1",
            ])
    }

    @Test func unknownIsNoPass() {
        let one = judge { $0.hcas[0].serial = nil }
        #expect(one.map(\.id) == [.inventoryUnverified] && one.map(\.severity) == [.info])
        #expect(one.map(\.summary) == ["One fact that the manifest expects is unknown."])
        #expect(one.map(\.evidence) == [["mlx5_0 (0000:18:00.0): serial"]])
        let many = judge { $0.gpus[0].identity = nil }
        #expect(many.map(\.summary) == ["5 facts that the manifest expects are unknown."])
    }

    @Test(arguments: Expectations.allCases) func verdictClaimsNothingThatNobodyExpects(
        expectations: Expectations
    ) {
        let verdict = Verdict([], ports: 1, expectations: expectations)
        #expect(
            verdict.summary.contains("as the manifest expects") == (expectations == .asExpected))
    }
}
