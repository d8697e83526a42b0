import Fakes
import Foundation
import Model
import Testing

@testable import Collectors

/// What is read of a GPU, by kind of GPU and by driver.
@Suite struct GPUReaderTests {
    static let retired: Set<String> = [
        "retired_pages_corrected", "retired_pages_uncorrected", "retired_pages_pending",
    ]
    static let dataLink: Set<String> = ["replay_errors", "recovery_errors", "crc_errors"]
    static let traffic: Set<String> = ["tx_data", "rx_data", "tx_raw", "rx_raw"]
    static let common: Set<String> = ["state", "version", "speed", "remote_link"]
    static let sram = Set(
        GPUCounters.all.map(\.name).filter { $0.hasPrefix("sram_") } + ["sram_threshold_exceeded"])

    private func all(_ report: GPUDeviceReport) -> Set<String> { report.names { _ in true } }

    @Test func `a Hopper GPU`() throws {
        var rig = try ReaderRig()
        let report = try rig.read().report
        #expect(report.state == .read)
        let absent = Self.retired.union(["fabric_health"])
        #expect(report.names { $0 == .unsupported } == absent)
        #expect(report.names { $0 == .noPermission } == Self.sram)
        let values = all(report).subtracting(absent).subtracting(Self.sram)
        #expect(report.names(\.isValue) == values)
        #expect(report.links.map(\.number) == Array(0..<18))
        for link in report.links {
            #expect(
                link.names(\.isValue)
                    == Self.dataLink.union(Self.traffic).union(Self.common))
            #expect(link.names { $0 == .failed } == [])
            #expect(link["state"] == .value(1, field: 0))
            #expect(link["version"] == .value(6, field: 0))
            #expect(link["speed"] == .value(26562, field: 0))
            #expect(link["remote_link"] == .value(UInt64(link.number / 4), field: 0))
            let bus = 5 + link.number % 4
            #expect(
                link.remote
                    == NVLinkRemote(
                        kind: .nvswitch, address: PCIAddress(domain: 0, bus: bus, device: 0)))
        }
    }

    @Test func `a Blackwell GPU`() throws {
        var rig = try ReaderRig(.r610, "profile blackwell\ncounter link=2 field=214 value=9")
        let report = try rig.read().report
        #expect(report.state == .read)
        #expect(report["fabric_health"] == .value(1, field: 0))
        #expect(report.names { $0 == .unsupported } == Self.retired)
        #expect(report.links.count == 18)
        for link in report.links {
            #expect(link.names { $0 == .unsupported } == Self.dataLink)
            #expect(link.names { $0 == .failed || $0 == .noPermission } == [])
            #expect(link["version"] == .value(7, field: 0))
            // Fifteen with an exponent that means none, as it is.
            #expect(link["effective_ber"] == .value(15 << 8 | 255, field: 0))
            #expect(link["symbol_ber"] == .value(15 << 8 | 255, field: 0))
            #expect(link["recovery_failed"] == .value(link.number == 2 ? 9 : 0, field: 0))
            // All ones for an address.
            #expect(link.remote == NVLinkRemote(kind: .nvswitch, address: nil))
        }
    }

    @Test func `a GPU without links`() throws {
        var rig = try ReaderRig(.r610, "profile ampere-pcie")
        let report = try rig.read().report
        #expect(report.state == .read)
        #expect(report.links == [])
        #expect(report["nvlinks"] == .unsupported)
        #expect(report["fabric_state"] == .unsupported)
        #expect(report["temperature"] == .value(41, field: 0))
        #expect(try rig.read().calls.allSatisfy { !$0.symbol.contains("NvLink") })
    }

    @Test func `a GPU before Ampere`() throws {
        var rig = try ReaderRig(
            .r610, "profile ampere-pcie\nset retired=1 retired_sbe=3 retired_dbe=1")
        let report = try rig.read().report
        #expect(report["retired_pages_corrected"] == .value(3, field: 0))
        #expect(report["retired_pages_uncorrected"] == .value(1, field: 0))
        #expect(report["retired_pages_pending"] == .value(0, field: 0))
    }

    @Test func `root reads more`() throws {
        var rig = try ReaderRig(
            .r610,
            "root\nset sram_vol_cor=1 sram_vol_parity=2 sram_vol_secded=3 sram_agg_cor=4 "
                + "sram_agg_parity=5 sram_agg_secded=6 sram_l2=7 sram_sm=8 sram_pcie=9 "
                + "sram_mcu=10 sram_other=11 sram_threshold=1")
        let report = try rig.read().report
        let sram = GPUCounters.all.filter { $0.name.hasPrefix("sram_") }.map(\.name)
        #expect(sram.map { report[$0] } == (1...11).map { .value($0, field: 0) })
        #expect(report["sram_threshold_exceeded"] == .value(1, field: 0))
    }

    @Test func `every value lands in its own row`() throws {
        let pcie: [String: UInt64] = [
            "pcie_l0_to_recovery": 169, "pcie_correctable_errors": 173, "pcie_naks_received": 174,
            "pcie_receiver_errors": 175, "pcie_bad_tlps": 176, "pcie_naks_sent": 177,
            "pcie_bad_dllps": 178, "pcie_non_fatal_errors": 179, "pcie_fatal_errors": 180,
            "pcie_unsupported_requests": 181, "pcie_lcrc_errors": 182, "pcie_lane_errors": 183,
        ]
        var rig = try ReaderRig(
            .r610,
            """
            set temperature=35 memory_temperature=36 power_mw=111 power_limit_mw=222
            set utilization=11 memory_utilization=12 clock_sm=1001 clock_memory=1002 throttle=4
            set memory_total=7000 memory_used=6000 remap_cor=21 remap_unc=22 remap_pending=1
            set remap_failure=1 banks_max=31 banks_high=32 banks_partial=33 banks_low=34
            set banks_none=35 recovery=2 fabric_status=0 fabric_clique=77 mig=1 persistence=0
            counter field=3 value=103
            counter field=4 value=104
            counter field=5 value=105
            counter field=6 value=106
            counter field=94 value=194
            counter field=95 value=195
            counter field=83 value=183
            counter field=74 value=174
            counter field=76 value=176
            counter field=197 value=297
            counter field=198 value=298
            """ + pcie.values.map { "\ncounter field=\($0) value=\($0)" }.joined())
        let report = try rig.read().report
        for (name, id) in pcie { #expect(report[name]?.number == id, "\(name)") }
        let expected: [String: UInt64] = [
            "temperature": 35, "memory_temperature": 36, "power": 111, "power_instant": 111,
            "power_limit": 222, "sm_clock": 1001, "memory_clock": 1002,
            "clocks_event_reasons": 4, "memory_total": 7000, "memory_used": 6000,
            "remapped_rows_corrected": 21, "remapped_rows_uncorrected": 22,
            "remapped_rows_pending": 1, "remapped_rows_failure": 1, "row_remapper_banks_max": 31,
            "row_remapper_banks_high": 32, "row_remapper_banks_partial": 33,
            "row_remapper_banks_low": 34, "row_remapper_banks_none": 35, "recovery_action": 2,
            "fabric_state": 3, "fabric_status": 0, "fabric_clique": 77, "mig_mode": 1,
            "persistence_mode": 0, "ecc_mode": 1, "nvlinks": 18,
            "ecc_volatile_corrected_errors": 103, "ecc_volatile_uncorrected_errors": 104,
            "ecc_aggregate_corrected_errors": 105, "ecc_aggregate_uncorrected_errors": 106,
            "pcie_replays": 194, "pcie_replay_rollovers": 195, "energy": 183,
            "throttled_power": 174, "throttled_sync_boost": 176, "pcie_tx": 297, "pcie_rx": 298,
        ]
        for (name, value) in expected { #expect(report[name]?.number == value, "\(name)") }
        // Not offered while the GPU is partitioned.
        #expect(report["utilization"] == .unsupported)
        #expect(report["memory_utilization"] == .unsupported)
    }

    // By nvml.h, whose names of them the tables have as well.
    static let linkFields: [String: UInt32] = {
        var fields: [String: UInt32] = [
            "replay_errors": 161, "recovery_errors": 162, "crc_errors": 163,
            "tx_data": 138, "rx_data": 139, "tx_raw": 140, "rx_raw": 141,
            "tx_packets": 201, "tx": 202, "rx_packets": 203, "rx": 204,
            "malformed_packet_errors": 206, "buffer_overrun_errors": 207, "receive_errors": 208,
            "receive_remote_errors": 209, "receive_general_errors": 210,
            "local_link_integrity_errors": 211, "transmit_discards": 212,
            "recovery_successful": 213, "recovery_failed": 214, "recovery": 215,
            "effective_errors": 219, "symbol_errors": 221, "speed": 164, "version": 166,
            "remote_link": 146, "effective_ber": 220, "symbol_ber": 222,
        ]
        for bin in 0..<16 as Range<UInt32> { fields["fec_history_bin_\(bin)"] = 235 + bin }
        return fields
    }()

    @Test func `every field of a link lands in its own row`() throws {
        let lines = Self.linkFields.values.map { "counter link=2 field=\($0) value=\($0)" }
        var rig = try ReaderRig(.r610, (["profile blackwell"] + lines).joined(separator: "\n"))
        let link = try rig.read().report.links[2]
        // What the state is decides what is done with the rest, so that is told by its link line.
        #expect(Set(Self.linkFields.keys) == link.names { _ in true }.subtracting(["state"]))
        for (name, id) in Self.linkFields {
            #expect(link[name] == .value(UInt64(id), field: 0), "\(name)")
        }
    }

    @Test func `a temperature below zero keeps its sign`() throws {
        var rig = try ReaderRig(.r610, "set temperature=0xfffffff6")
        let raw = try #require(try rig.read().report["temperature"]?.number)
        #expect(Int64(bitPattern: raw) == -10)
    }

    @Test func `memory without a sensor is not at zero degrees`() throws {
        var rig = try ReaderRig(.r610, "set memory_temperature=0 temperature=0")
        let report = try rig.read().report
        #expect(report["memory_temperature"] == .unsupported)
        #expect(report["temperature"]?.number == 0)
        try rig.fake.play("set memory_temperature=41")
        #expect(try rig.read().report["memory_temperature"]?.number == 41)
    }

    // MARK: Drivers

    @Test func `driver 450 is asked by its own calls, and not for what came later`() throws {
        var rig = try ReaderRig(.r450)
        let (report, calls) = try rig.read()
        #expect(report.state == .read)
        #expect(report["temperature"] == .value(41, field: 1))
        #expect(report["clocks_event_reasons"] == .value(0, field: 1))
        #expect(report["pcie_replays"] == .value(0, field: 0))
        for name in [
            "pcie_fatal_errors", "pcie_tx", "memory_total", "power_instant", "recovery_action",
            "fabric_state", "row_remapper_banks_max", "sram_aggregate_corrected_errors",
        ] { #expect(report[name] == .unsupported, "\(name)") }
        #expect(report.links.count == 18)
        for link in report.links {
            #expect(link["state"] == .value(1, field: 1))
            #expect(link["version"] == .value(6, field: 1))
            #expect(link["replay_errors"] == .value(0, field: 1))
            #expect(link["speed"] == .unsupported)
            #expect(link["tx_data"]?.isValue == true)
            #expect(link["malformed_packet_errors"] == .unsupported)
            #expect(link.remote?.kind == .unknown)
            #expect(link.remote?.address != nil)
        }
        let asked = Set(calls.flatMap(\.ids))
        let early: Set<UInt32> = [1, 3, 4, 5, 6, 29, 30, 31, 74, 76, 82, 83, 91, 94, 95]
        #expect(asked == early.union(138...145))
    }

    @Test func `driver 550 tells its fabric in the second form`() throws {
        var rig = try ReaderRig(
            .r550, "set fabric_cluster=0x0102030405060708 fabric_clique=5")
        let (report, calls) = try rig.read()
        #expect(report["fabric_state"] == .value(3, field: 0))
        #expect(report["fabric_clique"] == .value(5, field: 0))
        #expect(report["fabric_health_mask"]?.isValue == true)
        #expect(report["fabric_health"] == .unsupported)
        #expect(report.identity?.fabricCluster == "00000000-0000-0000-0102-030405060708")
        let fabric = { (calls: [FakeNVML.Call]) in
            calls.filter { $0.family == .fabric }.map(\.outcome)
        }
        // The form that the driver does not know is not tried again.
        #expect(fabric(calls) == ["25", "0"])
        #expect(fabric(try rig.read(after: 10).calls) == ["0"])
        #expect(report["temperature"] == .value(41, field: 1))
        #expect(report["recovery_action"] == .unsupported)
        #expect(report["pcie_tx"] == .unsupported)
        #expect(report.links[0]["state"] == .value(1, field: 0))
    }

    @Test func `an older fabric is asked by the older call`() throws {
        var rig = try ReaderRig(.r550, "set fabric_version=1 fabric_clique=5")
        let report = try rig.read().report
        #expect(report["fabric_state"] == .value(3, field: 1))
        #expect(report["fabric_clique"] == .value(5, field: 1))
        #expect(report["fabric_health_mask"] == .unsupported)
    }

    static let fabrics: [(UInt64, UInt64, Reading)] = [
        (0, 0, .unsupported), (1, 0, .unsupported), (2, 0, .unsupported), (2, 999, .unsupported),
        (3, 0, .value(0, field: 0)), (3, 999, .value(999, field: 0)), (7, 0, .unsupported),
    ]

    @Test(arguments: fabrics)
    func `a fabric's status counts once the registration is over`(
        _ row: (state: UInt64, status: UInt64, reading: Reading)
    ) throws {
        var rig = try ReaderRig(
            .r610, "set fabric_state=\(row.state) fabric_status=\(row.status)")
        let report = try rig.read().report
        #expect(report["fabric_state"] == .value(row.state, field: 0))
        #expect(report["fabric_status"] == row.reading)
        #expect(report.identity?.fabricCluster == "")
        // It is told as soon as it is over.
        try rig.fake.play("set fabric_state=3 fabric_status=5")
        #expect(try rig.read(after: 10).report["fabric_status"] == .value(5, field: 0))
    }

    // MARK: Links

    @Test func `a sleeping link is read like any other`() throws {
        var rig = try ReaderRig(.r610, "link link=3 state=2")
        let report = try rig.read().report
        #expect(report.state == .read)
        #expect(report.links[3]["state"] == .value(2, field: 0))
        #expect(report.links[3]["tx_data"]?.isValue == true)
        #expect(report.links[3]["replay_errors"]?.isValue == true)
    }

    @Test func `a link that is down tells its traffic once it is up`() throws {
        var rig = try ReaderRig(.r610, "link link=3 state=0")
        var (report, calls) = try rig.read()
        #expect(report.links[3]["state"] == .value(0, field: 0))
        #expect(report.links[3]["tx_data"] == .unsupported)
        #expect(report.links[2]["tx_data"]?.isValue == true)
        #expect(calls.contains { $0.fields.contains { $0.id == 138 && $0.scope == "3" } })
        calls = try rig.read().calls
        #expect(!calls.contains { $0.fields.contains { $0.id == 138 && $0.scope == "3" } })
        try rig.fake.play("")
        report = try rig.read().report
        #expect(report.links[3]["tx_data"]?.isValue == true)
        // What it told before it went down again did not come this time.
        try rig.fake.play("link link=3 state=0")
        report = try rig.read().report
        #expect(report.links[3]["tx_data"] == .failed)
        try rig.fake.play("")
        #expect(try rig.read().report.links[3]["tx_data"]?.isValue == true)
    }

    @Test func `a link that was down between two looks keeps its counters`() throws {
        var rig = try ReaderRig()
        _ = try rig.read()
        try rig.fake.play("counter link=3 field=161 code=2\ncounter link=3 field=138 code=2")
        var report = try rig.read().report
        #expect(report.links[3]["replay_errors"] == .failed)
        #expect(report.links[3]["tx_data"] == .failed)
        try rig.fake.play("")
        report = try rig.read().report
        #expect(report.links[3]["replay_errors"]?.isValue == true)
        #expect(report.links[3]["tx_data"]?.isValue == true)
    }

    @Test func `what one link calls an invalid argument is asked of the others`() throws {
        var rig = try ReaderRig(
            .r450, "return link=0 symbol=nvmlDeviceGetNvLinkErrorCounter code=2")
        let report = try rig.read().report
        #expect(report.links[0]["replay_errors"] == .unsupported)
        #expect(report.links.dropFirst().allSatisfy { $0["replay_errors"]?.isValue == true })
    }

    @Test func `a link that comes up is asked for its other end`() throws {
        var rig = try ReaderRig(.r610, "link link=3 state=0 remote=sentinel")
        #expect(try rig.read().report.links[3].remote?.address == nil)
        try rig.fake.play("link link=3 state=1 remote=gpu:5")
        let (report, calls) = try rig.read()
        #expect(
            report.links[3].remote == NVLinkRemote(kind: .gpu, address: fakeAddresses[5]))
        #expect(calls.contains { $0.symbol == "nvmlDeviceGetNvLinkRemotePciInfo_v2" })
    }

    static let remotes: [(String, NVLinkRemote)] = [
        ("sentinel", NVLinkRemote(kind: .nvswitch, address: nil)),
        ("gpu:2", NVLinkRemote(kind: .gpu, address: fakeAddresses[2])),
        (
            "0001:c1:02.0",
            NVLinkRemote(
                kind: .nvswitch, address: PCIAddress(domain: 1, bus: 0xc1, device: 2))
        ),
    ]

    @Test(arguments: remotes)
    func `a link leads to a device, whose address may be unknown`(
        _ row: (text: String, remote: NVLinkRemote)
    ) throws {
        var rig = try ReaderRig(.r610, "link link=1 remote=\(row.text)")
        #expect(try rig.read().report.links[1].remote == row.remote)
    }

    @Test(arguments: [0, 1, 4, 12, 36])
    func `a GPU has as many links as it says`(_ count: Int) throws {
        var rig = try ReaderRig(.r610, "links \(count)")
        #expect(try rig.read().report.links.count == count)
    }

    @Test func `a count of links that nobody can have is not believed`() throws {
        var rig = try ReaderRig(.r610, "counter field=91 value=4000000000")
        #expect(try rig.read().report.links.count == 64)
    }

    @Test func `links come and go, and stay while their number cannot be read`() throws {
        var rig = try ReaderRig(.r610, "links 4")
        #expect(try rig.read().report.links.count == 4)
        try rig.fake.play("links 4\ncounter field=91 code=27")
        var report = try rig.read().report
        #expect(report.links.count == 4)
        #expect(report["nvlinks"] == .failed)
        try rig.fake.play("links 6")
        report = try rig.read().report
        #expect(report.links.count == 6)
        #expect(report.links[5].names { $0 == .failed } == [])
        try rig.fake.play("links 2")
        #expect(try rig.read().report.links.count == 2)
    }

    @Test func `counters that go backwards are passed on as they are`() throws {
        var rig = try ReaderRig(.r610, "counter link=1 field=161 value=100")
        #expect(try rig.read().report.links[1]["replay_errors"] == .value(100, field: 0))
        try rig.fake.play("counter link=1 field=161 value=7")
        #expect(try rig.read().report.links[1]["replay_errors"] == .value(7, field: 0))
        try rig.fake.play("counter link=1 field=161 saturate")
        #expect(try rig.read().report.links[1]["replay_errors"] == .value(.max, field: 0))
    }

    @Test func `a number that is none is not made one`() throws {
        var rig = try ReaderRig(.r610, "counter field=83 real=1.5\ncounter field=3 uninitialised")
        let report = try rig.read().report
        #expect(report["energy"] == .failed)
        #expect(report["ecc_volatile_corrected_errors"] == .unsupported)
    }
}
