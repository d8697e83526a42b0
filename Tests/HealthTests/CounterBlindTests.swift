import Health
import Model
import Testing

/// What is said of counters that are full.
struct CounterBlindTests {
    // What no counter of a port accuses is of GPUs and PCI functions.
    private static let accusedOfPorts = Accused.allCases.filter {
        ![.gpu, .gpuMemory, .pciePath, .pciFunction].contains($0)
    }

    @Test(arguments: accusedOfPorts)
    func oneFullCounterOfEachKind(_ accused: Accused) throws {
        let index = try #require(InfiniBandCounters.all.firstIndex { $0.accuses == accused })
        let found = Sample.judge(
            Sample.cable(saturated: [SaturatedCounter(end: .local, index: index, value: 65_535)]))
        #expect(found.map(\.id) == [.counterBlind])
        let opinion = try #require(found.first)
        let hidesNoError = accused == .nobody || accused == .downstream
        #expect(opinion.severity == (hidesNoError ? .info : .warning))
        #expect(opinion.accused == [], "a full counter accuses nobody of anything new")
        #expect(opinion.grade == .localOnly)
        let name = InfiniBandCounters.all[index].name
        #expect(
            opinion.summary
                == "A counter of rail0 port 1, local end, can count no further: \(name).")
        #expect(opinion.evidence == ["\(name) is stuck at its maximum 65535"])
    }

    @Test(arguments: InfiniBandCounters.all.indices)
    func everyRowHasItsName(_ index: Int) {
        let found = Sample.judge(
            Sample.cable(saturated: [SaturatedCounter(end: .peer, index: index, value: .max)]))
        #expect(found.map(\.subject.end) == ["peer"])
        #expect(found.map(\.grade) == [.peerOnly])
        #expect(
            found.first?.evidence
                == ["\(InfiniBandCounters.all[index].name) is stuck at its maximum \(UInt64.max)"])
    }

    /// One error counter among traffic is enough to hide an error.
    @Test func bothEndsApart() throws {
        let symbol = try #require(InfiniBandCounters.index(of: "symbol_error"))
        let wait = try #require(InfiniBandCounters.index(of: "port_xmit_wait"))
        let found = Sample.judge(
            Sample.cable(saturated: [
                SaturatedCounter(end: .peer, index: wait, value: 9),
                SaturatedCounter(end: .local, index: wait, value: 7),
                SaturatedCounter(end: .local, index: symbol, value: 8),
            ]))
        #expect(found.map(\.subject.end) == ["local", "peer"])
        #expect(found.map(\.severity) == [.warning, .info])
        #expect(
            found.first?.summary == "Counters of rail0 port 1, local end, can count no further: "
                + "port_xmit_wait, symbol_error.")
    }
}
