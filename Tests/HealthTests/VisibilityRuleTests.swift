import Health
import Model
import Testing

/// What is said of that which could not be seen.
struct VisibilityRuleTests {
    // MARK: This node's port

    @Test(arguments: Failure.allCases)
    func unreadablePort(_ failure: Failure) throws {
        let cable = Sample.cable(local: Sample.end(nil, failure: failure), peer: .absent)
        let found = Sample.judge(cable)
        #expect(found.map(\.id) == [.portUnobservable])
        let opinion = try #require(found.first)
        #expect(opinion.severity == .unknown)
        #expect(opinion.accused == [.host])
        #expect(opinion.summary == "rail0 port 1 cannot be read: \(failure.sentence).")
        #expect(opinion.evidence == ["reading the port ended with \(failure.rawValue)"])
        #expect(opinion.action.contains("udev") == (failure == .noPermission))
    }

    /// A port without a LID is read as far as it goes when its link is not active.
    @Test(arguments: Failure.allCases, [PortState.down, .initialize, .armed, .active])
    func portWhoseStateIsKnown(_ failure: Failure, _ state: PortState) {
        let local = Sample.end(Sample.link(state.rawValue, 2), failure: failure)
        let found = Sample.judge(Sample.cable(local: local))
        let isSilent = failure == .noAddress && state != .active
        #expect(found.contains { $0.id == .portUnobservable } == !isSilent)
        #expect(found.contains { $0.id == .linkDown } == (state != .active))
    }

    @Test func portOfWhichNothingIsKnown() {
        let found = Sample.judge(Sample.cable(local: Sample.end(nil), peer: .absent))
        #expect(found.map(\.id) == [.portUnobservable])
    }

    @Test func staleCableOfAnsweringProbes() throws {
        let found = Sample.judge(Sample.cable(isStale: true))
        #expect(found.map(\.id) == [.portUnobservable])
        #expect(found.first?.summary == "rail0 port 1 has not been seen for too long.")
    }

    @Test func staleCableOfStaleProbe() {
        let found = Rules.judge(
            Sample.evidence(
                [Sample.cable(isStale: true)], collectors: [Sample.collector(age: 31)]))
        #expect(found.map(\.id) == [.probeStale], "the probe speaks for its cables")
    }

    // MARK: The other end

    @Test(arguments: Failure.allCases)
    func peerThatDoesNotSayWhoItIs(_ failure: Failure) throws {
        let found = Sample.judge(Sample.cable(peer: .unobservable(failure)))
        #expect(found.map(\.id) == [.peerUnobservable])
        let opinion = try #require(found.first)
        #expect(opinion.severity == .info)
        #expect(opinion.accused == [], "keys hide a peer as well as a fault does")
        #expect(opinion.subject.end == "peer")
        #expect(opinion.subject.key == "0x00000000000000a0/1")
        #expect(
            opinion.summary == "The counters of the peer of rail0 port 1 cannot be read: "
                + "\(failure.sentence).")
        #expect(opinion.evidence.contains("asking the peer ended with \(failure.rawValue)"))
    }

    @Test(arguments: Failure.allCases, ["leaf01", ""])
    func knownPeerWhoseCountersAreNotRead(_ failure: Failure, _ description: String) {
        var identity = Sample.peerIdentity
        identity.description = description
        let found = Sample.judge(
            Sample.cable(peer: .observed(identity, Sample.end(failure: failure))))
        #expect(found.map(\.id) == [.peerUnobservable])
        let name = description.isEmpty ? "0x00000000000000b0" : description
        #expect(
            found.first?.summary == "The counters of \(name) port 5, the peer of rail0 port 1, "
                + "cannot be read: \(failure.sentence).")
    }

    @Test(arguments: PortState.allCases)
    func absentPeer(_ state: PortState) {
        let local = Sample.end(Sample.link(state.rawValue))
        let found = Sample.judge(Sample.cable(local: local, peer: .absent))
        #expect(
            found.map(\.id).filter { $0 != .subnetManagerLost }
                == [state == .active ? .peerUnobservable : .linkDown])
    }

    /// While the link is not active nobody can be asked, and the link says so itself.
    @Test(arguments: [PortState.down, .initialize, .armed])
    func unobservablePeerOfInactiveLink(_ state: PortState) {
        let local = Sample.end(Sample.link(state.rawValue))
        let found = Sample.judge(Sample.cable(local: local, peer: .unobservable(.timeout)))
        #expect(found.map(\.id).filter { $0 != .subnetManagerLost } == [.linkDown])
    }

    @Test func everyFailureHasItsSentence() {
        let sentences = Failure.allCases.map(\.sentence)
        #expect(Set(sentences).count == Failure.allCases.count)
        #expect(sentences.allSatisfy { !$0.isEmpty && !$0.hasSuffix(".") })
    }

    // MARK: Probes

    @Test(arguments: [
        (30.0, false, ""), (30.5, true, "for 30 s"), (3600, true, "for 3600 s"),
    ])
    func probeThatAnsweredBefore(age: Double, isStale: Bool, text: String) {
        let found = Rules.judge(Sample.evidence(collectors: [Sample.collector(age: age)]))
        #expect(found.map(\.id) == (isStale ? [.probeStale] : []))
        #expect(
            found.first?.summary
                == (isStale
                    ? "Probe infiniband has not answered \(text): "
                        + "the state of its devices is unknown." : nil))
    }

    @Test(arguments: [(30.0, ConditionID.nothingObserved), (30.5, .probeStale)])
    func probeThatNeverAnsweredBesideOneThatDid(waiting: Double, id: ConditionID) throws {
        let found = Rules.judge(
            Sample.evidence(collectors: [
                Sample.collector("one"), Sample.collector("two", age: nil, waiting: waiting),
            ]))
        #expect(found.map(\.id) == [id])
        let opinion = try #require(found.first)
        #expect(opinion.severity == .unknown)
        #expect(opinion.subject == Subject(collector: "two"))
        let isStale = id == .probeStale
        #expect(opinion.summary.hasPrefix("Probe two has not answered "))
        #expect(opinion.summary.contains("since it was started") == isStale)
    }

    @Test func staleProbeTellsWhatItWasDoing() {
        let found = Rules.judge(
            Sample.evidence(collectors: [
                Sample.collector(age: 99, workingOn: "mlx5_0 port 1", trouble: "It is killed.")
            ]))
        #expect(found.first?.evidence == ["it was working on mlx5_0 port 1", "It is killed."])
        #expect(found.first?.accused == [.host, .daemon])
        #expect(found.first?.subject == Subject(collector: "infiniband"))
    }

    // MARK: The node

    @Test func nothingToJudge() throws {
        let found = Rules.judge(
            Sample.evidence(
                [], collectors: [Sample.collector("one"), Sample.collector("two", age: nil)]))
        #expect(found.map(\.id) == [.nothingObserved])
        let opinion = try #require(found.first)
        #expect(opinion.severity == .unknown)
        #expect(opinion.subject == Subject())
        #expect(
            opinion.evidence == ["probe one sees no port", "probe two has not answered yet"])
    }

    @Test func neitherCablesNorProbes() {
        #expect(Rules.judge(Sample.evidence([], collectors: [])).map(\.id) == [.nothingObserved])
    }

    @Test func historyTrouble() throws {
        let trouble = "append to history.db: SQLITE_FULL (13)"
        let found = Rules.judge(Sample.evidence(historyTrouble: trouble))
        #expect(found.map(\.id) == [.historyUnavailable])
        let opinion = try #require(found.first)
        #expect(opinion.severity == .warning)
        #expect(opinion.accused == [.host])
        #expect(opinion.evidence == [trouble])
        #expect(opinion.subject == Subject())
    }

    @Test func allIsWell() {
        #expect(Rules.judge(Sample.evidence()) == [])
    }
}
