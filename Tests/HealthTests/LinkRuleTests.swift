import Health
import Model
import Testing

/// What is said of a port that is not active, for every pair of states.
struct LinkRuleTests {
    /// Zero and eight are numbers that the specification lacks.
    static let pairs: [(UInt8, UInt8)] = (0...5).flatMap { state in
        (0...8).map { (UInt8(state), UInt8($0)) }
    }

    @Test(arguments: pairs)
    func everyPairOfStates(state: UInt8, physical: UInt8) throws {
        let found = Sample.judge(
            Sample.cable(local: Sample.end(Sample.link(state, physical)), peer: .absent))
        let link = Sample.link(state, physical)
        guard state != PortState.active.rawValue else {
            #expect(found.map(\.id) == [.peerUnobservable], "an active link has another end")
            return
        }
        let isUnmanaged = [2, 3].contains(state) && physical == PhysicalState.linkUp.rawValue
        #expect(found.map(\.id) == [.linkDown] + (isUnmanaged ? [.subnetManagerLost] : []))
        let down = try #require(found.first)
        #expect(down.accused == Self.accused(state, physical))
        #expect(down.severity == (Self.isSwitchedOff(state, physical) ? .info : .warning))
        #expect(down.isCapped == Self.isSwitchedOff(state, physical))
        #expect(down.grade == .localOnly)
        #expect(down.summary.hasPrefix("rail0 port 1 is \(link.stateName): "))
        #expect(down.summary.hasSuffix("."))
        #expect(
            down.evidence == [
                "PortState \(link.stateName), PortPhysicalState \(link.physicalStateName)"
            ])
        #expect(down.action.hasSuffix(".") && !down.action.isEmpty)
        #expect(
            down.subject
                == Subject(device: "rail0", port: 1, key: "0x00000000000000a0/1"))
    }

    private static func isSwitchedOff(_ state: UInt8, _ physical: UInt8) -> Bool {
        ![2, 3].contains(state) && physical == PhysicalState.disabled.rawValue
    }

    private static func accused(_ state: UInt8, _ physical: UInt8) -> [Domain] {
        switch (state, physical) {
        case (2, _), (3, _): [.subnetManager]
        case (_, 3): [.administrator]
        case (_, 2): [.cable, .peerPort, .localPort]
        case (_, 4), (_, 6): [.cable, .localPort, .peerPort]
        default: [.localPort]
        }
    }

    @Test func staleStatesAreSaidToBeStale() throws {
        let cable = Sample.cable(
            local: Sample.end(Sample.link(1, 2)), peer: .absent, isStale: true)
        let down = try #require(Sample.judge(cable).first { $0.id == .linkDown })
        #expect(down.evidence.last == "the values are stale")
    }

    /// Two ports of one device are two subjects.
    @Test func eachPortSpeaksForItself() {
        let down = Sample.end(Sample.link(1, 2))
        let found = Rules.judge(
            Sample.evidence([
                Sample.cable(port: 1, local: down, peer: .absent), Sample.cable(port: 2),
                Sample.cable(port: 3, local: down, peer: .absent),
            ]))
        #expect(found.map(\.id) == [.linkDown, .linkDown])
        #expect(found.map(\.subject.port) == [1, 3])
    }

    /// Ends that do not agree on FEC are a warning however long it lasts, and nothing is said where
    /// one of them does not tell.
    @Test func fecOfBothEndsIsCompared() throws {
        var link = Sample.link()
        link.ability = LinkAbility(
            supportedWidths: 3, enabledWidths: 3, supportedSpeeds: 0x7f, enabledSpeeds: 0x7f)
        var (near, far) = (Sample.end(link), Sample.end(link))
        (near.fec, far.fec) = (.reedSolomon, FECMode.none)
        let found = Sample.judge(
            Sample.cable(local: near, peer: .observed(Sample.peerIdentity, far)))
        let opinion = try #require(found.first { $0.id == .speedDegraded })
        #expect(opinion.severity == .warning && opinion.isCapped)
        #expect(opinion.why?.hasPrefix("FEC is reed_solomon at this end and none at") == true)
        near.fec = nil
        let silent = Sample.judge(
            Sample.cable(local: near, peer: .observed(Sample.peerIdentity, far)))
        #expect(!silent.contains { $0.id == .speedDegraded })
    }

    /// An end counts that a link goes, but for what it does itself; where it is not known whether
    /// it counted, the cable comes first.
    @Test(
        arguments: [
            ("", Domain.host), ("\n10m local link_downed +1", .cable),
            ("\n8m local link_downed +1", .host), ("\n0s local link_downed =255", .cable),
            ("\n0s local link_downed =7\n10m local clear", .cable),
        ])
    func whoDidNotCountItTookItDown(_ more: String, _ first: Domain) throws {
        let narrow = more.contains("255") ? "0s local narrow\n" : ""
        var scenario = Scenario("\(narrow)10m link polling\(more)")
        scenario.run(until: "13m")
        let down = try #require(scenario.findings.first { $0.opinion.id == .linkDown })
        #expect(down.opinion.accused.first == first && down.opinion.grade == .localOnly)
        #expect(
            down.opinion.evidence.contains { $0.hasPrefix("we did not count it") }
                == (first == .host))
        #expect(down.opinion.action.contains("reseat the cable"))
    }
}
