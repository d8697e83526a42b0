import Health
import Testing

/// A probe that finds nothing never hides behind one that does.
struct SilentProbeTests {
    private func collector(_ name: String, seesNothing: Bool, age: Double? = 0) -> CollectorEvidence
    {
        CollectorEvidence(
            name: name, ageSeconds: age, limitSeconds: 30, waitingSeconds: 1, workingOn: nil,
            trouble: nil, seesNothing: seesNothing)
    }

    @Test func probeWithoutAPortIsToldBesideOneWithSome() throws {
        let found = Rules.judge(
            Sample.evidence(
                [Sample.cable()],
                collectors: [
                    collector("rail0", seesNothing: false), collector("rail1", seesNothing: true),
                ]))
        #expect(found.map(\.id) == [.nothingObserved])
        let opinion = try #require(found.first)
        #expect(opinion.severity == .unknown && opinion.subject.collector == "rail1")
        #expect(
            opinion.summary
                == "Probe rail1 finds no port: nothing can be said of its devices.")
    }

    @Test func staleProbeIsToldOnce() {
        let found = Rules.judge(
            Sample.evidence(
                [Sample.cable()], collectors: [collector("a", seesNothing: true, age: 31)]))
        #expect(found.map(\.id) == [.probeStale])
    }

    @Test func nodeWithoutAnyPortIsToldOnce() {
        let found = Rules.judge(
            Sample.evidence([], collectors: [collector("a", seesNothing: true)]))
        #expect(found.map(\.id) == [.nothingObserved])
        #expect(found.first?.subject.collector == nil)
    }
}
