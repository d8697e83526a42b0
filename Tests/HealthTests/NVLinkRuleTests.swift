import Model
import Testing

@testable import Health

/// Who is accused of NVLinks that are down or have errors, and which need no accused.
@Suite struct NVLinkRuleTests {
    private static func address(_ index: Int) -> PCIAddress {
        PCIAddress(domain: 0, bus: UInt8(0x18 + index), device: 0)
    }

    private static func gpu(
        _ index: Int, down: [UInt8] = [], _ remote: (UInt8) -> NVLinkRemote? = { _ in nil }
    ) -> GPUEvidence {
        var gpu = GPUEvidence(
            index: index, address: address(index), uuid: GPUUUID(high: 1, low: UInt64(index)),
            state: .read, isListed: true, isFresh: true, isStale: false, linksDown: down,
            linksUp: 18 - down.count)
        gpu.links = Array(0..<18)
        for link in gpu.links { gpu.remotes[link] = remote(link) }
        return gpu
    }

    // Four switches, which have four or five links of each GPU.
    private static func toSwitch(_ link: UInt8) -> NVLinkRemote {
        NVLinkRemote(
            kind: .nvswitch, address: PCIAddress(domain: 0, bus: 5 + link % 4, device: 0))
    }

    private static func toHiddenSwitch(_ link: UInt8) -> NVLinkRemote {
        NVLinkRemote(kind: .nvswitch, address: nil)
    }

    private static func toGPU(_ index: Int) -> (UInt8) -> NVLinkRemote {
        { _ in NVLinkRemote(kind: .gpu, address: address(index)) }
    }

    private static func downs(_ gpus: [GPUEvidence]) -> [Opinion] {
        var judge = Judge()
        var evidence = Sample.evidence()
        evidence.gpus = GPUsEvidence(library: nil, gpus: gpus)
        return judge.judge(evidence).0.map(\.opinion).filter { $0.id == .nvlinkDown }
    }

    @Test func oneLinkIsWhatLiesBetween() {
        let found = Self.downs([Self.gpu(0, down: [3], Self.toSwitch), Self.gpu(1)])
        #expect(found.map(\.accused) == [[.nvlink, .nvswitch, .gpu]])
        let direct = Self.downs([
            Self.gpu(0, down: [3, 4], Self.toGPU(1)), Self.gpu(1, down: [3, 4], Self.toGPU(0)),
        ])
        #expect(direct.map(\.accused) == [[.nvlink, .gpu], [.nvlink, .gpu]])
    }

    @Test func manyLinksOfOneGPUAccuseIt() {
        let found = Self.downs([Self.gpu(0, down: [3, 4, 5], Self.toSwitch), Self.gpu(1)])
        #expect(found.map(\.accused) == [[.gpu, .nvswitch]])
        #expect(Self.downs([Self.gpu(0, down: [3, 4])]).map(\.accused) == [[.gpu, .nvswitch]])
    }

    @Test func linksOfManyGPUsAccuseTheSwitchThatTheyShare() {
        let shared = Self.downs([
            Self.gpu(0, down: [1, 5], Self.toSwitch), Self.gpu(1, down: [9], Self.toSwitch),
        ])
        #expect(shared.allSatisfy { $0.accused.first == .nvswitch } && shared.count == 2)
        #expect(
            shared[0].evidence.last == "links of 2 GPUs to the NVSwitch at 0000:06:00.0 have it")
        let apart = Self.downs([
            Self.gpu(0, down: [1], Self.toSwitch), Self.gpu(1, down: [2], Self.toSwitch),
        ])
        #expect(apart.allSatisfy { $0.accused.first == .nvlink })
    }

    /// A switch that is not on the bus: a GPU that lost nearly all of its links lost more than one.
    @Test func whereTheSwitchHasNoAddressTheNumberTells() {
        let few = Self.downs((0..<8).map { Self.gpu($0, down: [0, 1, 2, 3], Self.toHiddenSwitch) })
        #expect(few.count == 8 && few.allSatisfy { $0.accused.first == .nvswitch })
        let one = Self.downs([
            Self.gpu(0, down: Array(0..<18), Self.toHiddenSwitch),
            Self.gpu(1, down: [4], Self.toHiddenSwitch),
        ])
        #expect(one.map(\.accused.first) == [.gpu, .nvlink])
    }

    // MARK: A GPU that is gone

    private static func lost(_ index: Int) -> GPUEvidence {
        var gpu = gpu(index)
        gpu.isListed = false
        return gpu
    }

    @Test func aGPUThatIsGoneExplainsTheLinksToIt() {
        let all = Self.downs([Self.lost(1), Self.gpu(0, down: [3, 4], Self.toGPU(1))])
        #expect(all.map(\.explainedBy) == [.gpuLost])
        #expect(all[0].evidence.last?.hasPrefix("the other end is gone: GPU 1") == true)
        let mixed = Self.downs([
            Self.lost(1),
            Self.gpu(0, down: [3, 4]) { Self.toGPU($0 == 3 ? 1 : 2)($0) },
        ])
        #expect(mixed.map(\.explainedBy) == [nil], "one of them leads elsewhere")
    }

    @Test func unknownEndsAreExplainedAsFarAsTheNumberFits() {
        let fits = Self.downs([Self.lost(1)] + [0, 2, 3].map { Self.gpu($0, down: [0, 1, 2, 3]) })
        #expect(fits.map(\.explainedBy) == [.gpuLost, .gpuLost, .gpuLost])
        let more = Self.downs([Self.lost(1)] + [0, 2].map { Self.gpu($0, down: Array(0..<12)) })
        #expect(more.count { $0.explainedBy == nil } == 1, "it had no 24 links")
        let two = Self.downs([Self.lost(1), Self.lost(2), Self.gpu(0, down: [3])])
        #expect(two.map(\.explainedBy) == [nil], "which of them?")
    }

    /// An NVLink error of the neighbour follows from it.
    @Test func aGPUThatIsGoneExplainsTheXidsOfLinksToIt() {
        for (link, explained) in [(3, .gpuLost), (4, nil)] as [(UInt16, ConditionID?)] {
            var neighbour = Self.gpu(0) { Self.toGPU($0 == 3 ? 1 : 2)($0) }
            var xid = XidEvidence(
                number: 74, count: 1, last: "now", meaning: "Meaning.", remedy: .resetGPU,
                line: "line")
            xid.links = [link]
            neighbour.xids = [xid]
            var judge = Judge()
            var evidence = Sample.evidence()
            evidence.gpus = GPUsEvidence(library: nil, gpus: [Self.lost(1), neighbour])
            let found = judge.judge(evidence).0.map(\.opinion).filter { $0.id == .gpuXid }
            #expect(found.map(\.explainedBy) == [explained])
        }
    }

    @Test func aGPUThatFellOffTheBusIsGoneAsWell() {
        var dead = Self.gpu(1)
        dead.xids = [
            XidEvidence(
                number: 79, count: 1, last: "now", meaning: "Meaning.", remedy: .reboot,
                line: "line")
        ]
        let found = Self.downs([dead, Self.gpu(0, down: [3], Self.toGPU(1))])
        #expect(found.map(\.explainedBy) == [.gpuXid])
    }
}
