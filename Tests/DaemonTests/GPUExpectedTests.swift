import Model
import Testing

@testable import Daemon

@Suite struct GPUExpectedTests {
    @Test func gpuThatAnotherDriverTakesIsNotMissed() {
        let gpus = (1...3).map { PCIAddress(domain: 0, bus: UInt8($0), device: 0) }
        let moment = Moment(bootID: "boot", boottimeNanoseconds: 1, wallMilliseconds: 1)
        var roster = GPURoster()
        var ledger = Ledger()
        let report = { (listed: [PCIAddress], foreign: [PCIAddress]) in
            GPUReport(
                moment: moment, durationNanoseconds: 0, library: GPULibrary(state: .ready),
                gpus: listed.map { GPUDeviceReport(address: $0, state: .read) }, foreign: foreign)
        }
        _ = roster.take(report(gpus, []), &ledger)
        _ = roster.take(report([gpus[0]], [gpus[1]]), &ledger)
        #expect(roster.entries[gpus[0]]?.isListed == true)
        #expect(roster.entries[gpus[1]] == nil)
        #expect(roster.entries[gpus[2]]?.isListed == false)
    }
}
