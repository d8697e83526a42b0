import Collectors
import Fakes
import Model
import Testing

/// A generator whose whole future is in its seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}

/// What was true of a port's counter at some moment of a pass.
private struct Truth: Hashable {
    let key: PortKey
    let counter: String
}

@Suite struct FaultPropertyTests {
    // Fresh in every run; a failure names its own, to be put here instead.
    static let seeds: [UInt64] = {
        var generator = SystemRandomNumberGenerator()
        return (0..<60).map { _ in generator.next() }
    }()

    @Test(arguments: seeds)
    func neverAWrongValueAndAlwaysInTime(seed: UInt64) throws {
        let world = World(seed: seed)
        var collector = world.rig.collector(world.configuration)
        for pass in 0..<25 {
            world.changeBetweenPasses()
            world.beginPass()
            let start = world.rig.fabric.clock
            let report = collector.collect()
            let spent = world.rig.fabric.clock - start
            #expect(
                spent <= world.configuration.passBudgetNanoseconds, "seed \(seed), pass \(pass)")
            for port in report.ports {
                world.check(port, "seed \(seed), pass \(pass), \(port.device)")
            }
            #expect(world.rig.fabric.mostOutstanding <= world.configuration.outstandingMADs)
            #expect(world.rig.fabric.log.allSatisfy { $0.method == 1 })
            world.rig.wait(seconds: UInt64.random(in: 1...40, using: &world.generator.value))
        }
    }
}

/// Boxes the generator, for the fabric's hooks use it as well.
private final class Generator {
    var value: SeededGenerator

    init(seed: UInt64) {
        value = SeededGenerator(state: seed)
    }

    func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &value) }
}

/// A fabric that changes all the time, and a memory of what was true.
private struct World {
    let generator: Generator
    let rig: FakeRig
    let configuration: InfiniBandConfiguration
    private let memory = Memory()

    private final class Memory {
        var seen: [Truth: Set<UInt64>] = [:]
    }

    init(seed: UInt64) {
        let generator = Generator(seed: seed)
        let rig = FakeRig(cables: 1 + generator.below(5))
        var configuration = InfiniBandConfiguration()
        configuration.outstandingMADs = 1 + generator.below(40)
        configuration.retries = generator.below(3)
        configuration.timeoutNanoseconds = 50_000_000
        self.generator = generator
        self.rig = rig
        self.configuration = configuration
        rig.leaf.mask2 = generator.below(2) == 0 ? 0 : 2
        rig.leaf.mask &= UInt16(truncatingIfNeeded: generator.value.next()) | 1 << 9
        for hca in rig.hcas {
            hca.port(1).counters["link_downed"] = UInt64(250 + generator.below(8))
        }
        rig.fabric.givesUp = generator.below(2) == 0
        rig.fabric.fault = { _ in Self.fault(generator) }
        let memory = memory
        rig.fabric.onRequest = { _ in
            guard generator.below(6) == 0 else { return }
            let node = ([rig.leaf] + rig.hcas)[generator.below(rig.hcas.count + 1)]
            let number = UInt8(1 + (node.isSwitch ? generator.below(rig.hcas.count) : 0))
            Self.count(generator, node, number)
            Self.remember(memory, node, number)
        }
    }

    private static func fault(_ generator: Generator) -> FakeFault {
        switch generator.below(100) {
        case 0..<6: .lose
        case 6..<9: .delay(UInt64(generator.below(200)) * 1_000_000)
        case 9..<12: .duplicate(UInt64(generator.below(200)) * 1_000_000)
        case 12: .status(0x1c)
        case 13: .undelivered(110)
        case 14: .garbled
        case 15: .sendFailure(11)
        default: .none
        }
    }

    private static func count(_ generator: Generator, _ node: FakeNode, _ number: UInt8) {
        let counter = InfiniBandCounters.all[generator.below(InfiniBandCounters.count)].name
        // Clearing it and dropping the link in one interval could not be told from nothing.
        guard counter != "link_downed" else { return }
        let step = generator.value.next() >> UInt64(generator.below(64))
        let old = node.port(number).counters[counter] ?? 0
        node.port(number).counters[counter] = generator.below(20) == 0 ? 0 : old &+ step
    }

    private static func remember(_ memory: Memory, _ node: FakeNode, _ number: UInt8) {
        for counter in InfiniBandCounters.all {
            let truth = Truth(key: PortKey(node: node.guid, port: number), counter: counter.name)
            memory.seen[truth, default: []].insert(node.port(number).counters[counter.name] ?? 0)
        }
    }

    func changeBetweenPasses() {
        let index = generator.below(rig.hcas.count)
        let hca = rig.hcas[index]
        switch generator.below(8) {
        case 0: rig.fabric.setState(hca, 1, UInt32(1 + generator.below(4)))
        case 1: rig.fabric.setState(hca, 1, 4)
        case 2: rig.leaf.port(0).lid = UInt16(1000 + generator.below(10_000))
        case 3: hca.port(1).lid = UInt16(20_000 + index + 8 * generator.below(100))
        case 4:
            // Training anew may choose another FEC, and always drops the link.
            rig.leaf.port(UInt8(index + 1)).fec = UInt32(generator.below(4))
            hca.port(1).counters["link_downed", default: 0] += 1
            hca.port(1).width = [1, 2, 16][generator.below(3)]
            rig.leaf.port(UInt8(index + 1)).width = hca.port(1).width
        case 5: rig.leaf.hides.toggle()
        default: break
        }
    }

    func beginPass() {
        rig.fabric.clearLog()
        memory.seen = [:]
        for index in rig.hcas.indices {
            Self.remember(memory, rig.hcas[index], 1)
            Self.remember(memory, rig.leaf, UInt8(index + 1))
        }
    }

    func check(_ port: PortReport, _ comment: String) {
        check(port.local, port.key, comment)
        guard case .observed(let identity, let end) = port.peer else { return }
        let node = rig.hcas.first { $0.guid == port.key.node }
        #expect(identity.key.node == node?.port(1).peer?.node.guid, "\(comment)")
        #expect(identity.key.port == node?.port(1).peer?.port, "\(comment)")
        check(end, identity.key, comment)
    }

    private func check(_ end: EndReport, _ key: PortKey, _ comment: String) {
        for (counter, reading) in zip(InfiniBandCounters.all, end.readings) {
            switch reading {
            case .value(let value, let index):
                let field = counter.fields[Int(index)]
                let truths = memory.seen[Truth(key: key, counter: counter.name)] ?? []
                let isTrue = truths.contains { min($0, field.maximum) == value }
                #expect(isTrue, "\(comment): \(counter.name) = \(value), true \(truths)")
            case .failed:
                #expect(end.failure != nil, "\(comment): \(counter.name) without a reason")
            case .noPermission:
                Issue.record("\(comment): a port has no rights of its own")
            case .held:
                Issue.record("\(comment): every counter is asked for in every pass")
            case .unsupported:
                break
            }
        }
    }
}
