import Foundation
import Testing
import Wire

/// `gpus`, and what the other subcommands say of GPUs.
@Suite(.timeLimit(.minutes(5)))
struct CommandGPUTests {
    // MARK: gpus

    @Test func `gpus says what keeps a GPU from being read, and asks for links in trouble`()
        throws
    {
        let (outcome, asked) = try Command.run(
            "gpus", against: [.document(Self.list), .document(Self.troubled)])
        #expect(
            outcome.output == """
                gpu-017 at 2026-02-03T04:05:06.789Z, pass 130, driver 580.82.07

                GPU  NAME         ADDRESS       STATE  TEMP  POWER  UTIL  ECC  LINKS  ERRORS  \
                XIDS    AGE
                  0  NVIDIA H100  0000:18:00.0  read   41 C  313 W   97%    0  18/18       0     \
                0   2.0s
                  1  NVIDIA H100  0000:28:00.0  read   41 C  313 W   97%    4  17/18       2     \
                3   2.0s
                    the driver asks for: GPU reset
                    damaged: remapped_rows_pending
                    link 3 active, NVLink 4.0, 26.6 GB/s, to switch 0000:05:00.0 link 30
                        crc_errors     12  events         accuses link
                        replay_errors   1  events  stale  accuses link
                    link 17 inactive, NVLink 4.0, 26.6 GB/s
                  2  NVIDIA H100  0000:38:00.0  busy   41 C  313 W   97%    0  18/18       0     \
                0  12.4s  \
                stale
                    nvmlDeviceGetFieldValues has not returned for 12 s.
                    it waits in the kernel, in rpc_wait, state D
                  3  ?            0000:48:00.0  lost      ?      ?     ?    ?      ?       ?     \
                ?  never  \
                stale
                    The driver has lost the GPU.
                  4  NVIDIA H100  0000:58:00.0  read   41 C  313 W     ?    0      -       -     \
                0   2.0s

                """)
        #expect(asked == ["/api/v1/gpus", "/api/v1/gpus/0000%3A28%3A00.0"])
        #expect(outcome.status == 0 && outcome.errors == "")
    }

    @Test func `one GPU is shown with its own errors`() throws {
        let (outcome, asked) = try Command.run(
            "gpus", "--gpu", "0000:28:00.0", against: [.document(Self.troubled)])
        #expect(
            outcome.output == """
                gpu-017 at 2026-02-03T04:05:06.789Z, pass 130, driver 580.82.07

                GPU  NAME         ADDRESS       STATE  TEMP  POWER  UTIL  ECC  LINKS  ERRORS  \
                XIDS   AGE
                  1  NVIDIA H100  0000:28:00.0  read   41 C  313 W   97%    4  17/18       2     \
                3  2.0s
                    the driver asks for: GPU reset
                    damaged: remapped_rows_pending
                      ecc_volatile_uncorrected_errors  4  events  accuses gpu_memory
                    Xid 94, 3 times, last at 2026-02-03T04:05:06.789Z: contained error
                    Xid 200, once, at 2026-02-03T04:05:06.789Z: not in the catalogue
                    link 3 active, NVLink 4.0, 26.6 GB/s, to switch 0000:05:00.0 link 30
                        crc_errors     12  events         accuses link
                        replay_errors   1  events  stale  accuses link
                    link 17 inactive, NVLink 4.0, 26.6 GB/s

                """)
        #expect(asked == ["/api/v1/gpus/0000%3A28%3A00.0"])
    }

    @Test func `all is everything, of every GPU`() throws {
        let (outcome, _) = try Command.run(
            "gpus", "--gpu", "1", "--all", against: [.document(Self.troubled)])
        #expect(
            outcome.output == """
                gpu-017 at 2026-02-03T04:05:06.789Z, pass 130, driver 580.82.07

                GPU  NAME         ADDRESS       STATE  TEMP  POWER  UTIL  ECC  LINKS  ERRORS  \
                XIDS   AGE
                  1  NVIDIA H100  0000:28:00.0  read   41 C  313 W   97%    4  17/18       2     \
                3  2.0s
                    the driver asks for: GPU reset
                    damaged: remapped_rows_pending
                      ecc_volatile_uncorrected_errors          4  events                      \
                accuses \
                gpu_memory
                      pcie_replays                             0  events                      \
                accuses \
                pcie_path
                      sram_volatile_corrected_errors           -  events       no_permission  \
                accuses link
                      energy                           812345678  millijoules
                      temperature                             41  celsius
                      power                               312.25  watts        stale
                      recovery_action                          1  code                        GPU \
                reset
                      remapped_rows_pending                    1  code                        yes
                      remapped_rows_failure                    0  code                        no
                      memory_temperature                       -  celsius      unsupported
                    Xid 94, 3 times, last at 2026-02-03T04:05:06.789Z: contained error
                    Xid 200, once, at 2026-02-03T04:05:06.789Z: not in the catalogue
                    link 0 active, NVLink 4.0, 26.6 GB/s, to switch 0000:05:00.0 link 30
                        crc_errors         0  events  accuses link
                        effective_ber  5e-12  ratio
                    link 3 active, NVLink 4.0, 26.6 GB/s, to switch 0000:05:00.0 link 30
                        crc_errors        12  events         accuses link
                        replay_errors      1  events  stale  accuses link
                        tx_data           99  bytes
                        effective_ber  5e-12  ratio
                    link 17 inactive, NVLink 4.0, 26.6 GB/s
                        effective_ber  5e-12  ratio

                """)
        let two = Documents.gpus([Documents.gpu(0), Documents.gpu(1)])
        let (_, asked) = try Command.run(
            "gpus", "--all",
            against: [.document(two)] + two.gpus.map { .document(Documents.document($0)) })
        #expect(asked.dropFirst() == ["18", "28"].map { "/api/v1/gpus/0000%3A\($0)%3A00.0" }[...])
    }

    @Test func `json is the list, or the GPU that was asked for, to the byte`() throws {
        for (arguments, document, path) in [
            ([], json(Self.list), "/api/v1/gpus"),
            (["--gpu", "1"], json(Self.troubled), "/api/v1/gpus/1"),
        ] {
            let server = try ScriptedServer([.http(200, document)])
            defer { server.stop() }
            let command = try Command(["gpus", "--json"] + arguments + server.arguments)
            #expect(command.outcome().output == String(decoding: document, as: UTF8.self) + "\n")
            #expect(server.asked == [path])
        }
    }

    @Test func `no GPU, and why`() throws {
        let empty = Documents.gpus(
            [], library: Documents.library("driver_not_loaded", detail: "Load it."))
        let (outcome, _) = try Command.run("gpus", against: [.document(empty)])
        #expect(
            outcome.output == """
                gpu-017 at 2026-02-03T04:05:06.789Z, pass 130, driver 580.82.07
                libnvidia-ml: driver_not_loaded: Load it.
                No GPU has been found.

                """)
    }

    @Test func `a library whose probe does not answer is said to be stale`() throws {
        let list = Documents.gpus([Documents.gpu(0)], library: Documents.library(stale: true))
        let (outcome, _) = try Command.run("gpus", against: [.document(list)])
        #expect(outcome.output.contains("\nlibnvidia-ml: ready (stale)\n"))
    }

    private static let stranger = V1.Problem(
        type: "/problems/no-such-gpu", title: "There is no such GPU", status: 404,
        detail: "no GPU is \"9\"; there is: none")

    @Test(arguments: [
        ["gpus", "--gpu", "9"], ["events", "--gpu", "9"], ["deltas", "--gpu", "9"],
    ])
    func `a GPU that is not there is a wrong argument`(arguments: [String]) throws {
        let server = try ScriptedServer([.http(404, json(Self.stranger))])
        defer { server.stop() }
        let outcome = try Command(arguments + server.arguments).outcome()
        #expect(outcome.status == 64 && outcome.output == "")
        #expect(
            outcome.errors
                == "fabricwatch: There is no such GPU: no GPU is \"9\"; there is: none\n")
    }

    @Test func `a GPU that goes between two answers is not missed`() throws {
        let (outcome, asked) = try Command.run(
            "gpus", against: [.document(Self.list), .http(404, json(Self.stranger))])
        #expect(outcome.status == 0 && asked.count == 2)
        #expect(outcome.output.contains("damaged: remapped_rows_pending\n  2  NVIDIA"))
        let (other, _) = try Command.run(
            "gpus", against: [.document(Self.list), .http(500, [])])
        #expect(other.status == 4 && other.output == "")
    }

    static let list: V1.GPUs = {
        var lossy = Documents.gpu(1)
        lossy.linksActive = 17
        lossy.linksWithErrors = 2
        lossy.eccUncorrected = 4
        lossy.xids = 3
        lossy.recoveryAction = "GPU reset"
        lossy.damage = ["remapped_rows_pending"]
        var busy = Documents.gpu(2)
        busy.state = "busy"
        busy.stale = true
        busy.ageSeconds = 12.4
        busy.reason = "nvmlDeviceGetFieldValues has not returned for 12 s."
        busy.call = V1.GPUCall(
            function: "nvmlDeviceGetFieldValues", family: "link_errors", seconds: 12,
            kernelState: "D", wchan: "rpc_wait")
        var lost = Documents.unknownGPU(3, "lost")
        lost.reason = "The driver has lost the GPU."
        var alone = Documents.gpu(4)
        alone.linksTotal = 0
        alone.linksActive = 0
        alone.utilization = nil
        return Documents.gpus([Documents.gpu(0), lossy, busy, lost, alone])
    }()

    static let troubled = Documents.document(
        list.gpus[1],
        counters: [
            Documents.entry("ecc_volatile_uncorrected_errors", 4, accuses: "gpu_memory"),
            Documents.entry("pcie_replays", 0, accuses: "pcie_path"),
            Documents.entry("sram_volatile_corrected_errors", nil, state: "no_permission"),
            Documents.entry("energy", 812_345_678, accuses: "nobody", unit: "millijoules"),
        ],
        gauges: [
            Documents.gauge("temperature", 41, unit: "celsius"),
            Documents.gauge("power", 312.25, unit: "watts", state: "stale"),
            Documents.gauge("recovery_action", 1, unit: "code", meaning: "GPU reset"),
            Documents.gauge("remapped_rows_pending", 1, unit: "code", meaning: "yes"),
            Documents.gauge("remapped_rows_failure", 0, unit: "code", meaning: "no"),
            Documents.gauge("memory_temperature", nil, unit: "celsius", state: "unsupported"),
        ],
        xids: [
            V1.XidCount(number: 94, count: 3, last: Documents.time, meaning: "contained error"),
            V1.XidCount(
                number: 200, count: 1, last: Documents.time, meaning: "not in the catalogue"),
        ],
        links: [
            Documents.nvlink(0, "active", [Documents.entry("crc_errors", 0)]),
            Documents.nvlink(
                3, "active",
                [
                    Documents.entry("crc_errors", 12),
                    Documents.entry("replay_errors", 1, state: "stale"),
                    Documents.entry("tx_data", 99, accuses: "nobody", unit: "bytes"),
                ]),
            Documents.nvlink(17, "inactive", remote: nil),
        ])

    // MARK: The other subcommands

    private static func series(
        _ index: Int?, _ link: Int?, to: UInt64 = 11, _ counters: [V1.CounterDelta]
    ) -> V1.DeltaSeries {
        var series = Documents.series(nil, from: 6, to: to, stale: to < 11, counters)
        series.gpuUuid = "GPU-\(index ?? 9)"
        series.gpuIndex = index
        series.link = link
        series.key = "GPU-\(index ?? 9)" + (link.map { "/nvlink/\($0)" } ?? "")
        return series
    }

    @Test func `counters of which nothing is known are folded where they are many`() throws {
        func open(_ reason: String, _ count: Int, accuses: String = "link") -> [V1.CounterDelta] {
            (0..<count).map {
                Documents.delta(
                    "\(reason)_\($0)", $0 == 0 ? nil : 0, $0 == 0 ? "unknown" : "at_least", reason,
                    accuses: accuses)
            }
        }
        let unseen = open("not_observed", 4) + open("not_observed", 9, accuses: "nobody")
        let window = Documents.deltas(
            6, 11,
            [
                Self.series(0, nil, unseen), Self.series(1, nil, unseen),
                Self.series(2, nil, to: 8, unseen), Self.series(2, 0, to: 8, unseen),
                Self.series(2, 1, to: 8, unseen), Self.series(3, nil, open("restarted", 16)),
                Self.series(3, 5, open("restarted", 3)), Self.series(4, nil, open("cleared", 2)),
                Self.series(
                    5, 6,
                    open("cleared", 3)
                        + [Documents.delta("crc_errors", 4, "at_least", "cleared")]),
            ])
        let (outcome, _) = try Command.run("deltas", against: [.document(window)])
        #expect(
            outcome.output == """
                gpu-017 from 2026-02-03T04:01:00.000Z (pass 6) to 2026-02-03T04:01:50.000Z (pass \
                11), passes: 5
                gpu 0, 1: 8 error counters uncertain (not_observed), --all shows them
                gpu 2 and 2 links: not observed in the last pass, last at 2026-02-03T04:01:20.000Z
                gpu 3 and link 5: 19 error counters uncertain (restarted), --all shows them
                gpu 5 link 6: 3 error counters uncertain (cleared), --all shows them
                DEVICE  PORT  END     COUNTER     DELTA  UNIT    REASON
                gpu 4      -  gpu     cleared_0       ?  events  cleared
                gpu 4      -  gpu     cleared_1      ≥0  events  cleared
                gpu 5      6  nvlink  crc_errors     ≥4  events  cleared
                next p11-00000000000000ab

                """)
        let (counted, _) = try Command.run("deltas", "--counters", against: [.document(window)])
        #expect(
            counted.output.contains(
                "\ngpu 0, 1: 26 counters uncertain (not_observed), --all shows them\n"))
        let (all, _) = try Command.run("deltas", "--all", against: [.document(window)])
        #expect(!all.output.contains("--all"))
        #expect(all.output.split(separator: "\n").filter { $0.contains("restarted_") }.count == 19)
    }

    @Test func `deltas names GPUs and links, and leaves their traffic to --counters`() throws {
        let traffic = Documents.delta("tx_data", 5, unit: "bytes", accuses: "nobody")
        let errors = Documents.delta("crc_errors", 2, accuses: "link")
        let window = Documents.deltas(
            6, 11,
            [
                Self.series(nil, 3, [errors]), Self.series(10, 3, [traffic, errors]),
                Self.series(2, 11, [traffic, errors]), Self.series(2, 3, [errors]),
                Self.series(2, nil, [Documents.delta("pcie_replays", 1, accuses: "pcie_path")]),
                Documents.series("rail0", from: 6, to: 11, [traffic]),
            ])
        let (outcome, asked) = try Command.run(
            "deltas", "--gpu", "GPU-2", against: [.document(window)])
        #expect(asked == ["/api/v1/deltas?since=5m&gpu=GPU-2"])
        #expect(
            outcome.output == """
                gpu-017 from 2026-02-03T04:01:00.000Z (pass 6) to 2026-02-03T04:01:50.000Z (pass \
                11), passes: 5
                DEVICE          PORT  END     COUNTER       DELTA  UNIT    REASON
                gpu 2              -  gpu     pcie_replays      1  events
                gpu 2              3  nvlink  crc_errors        2  events
                gpu 2             11  nvlink  crc_errors        2  events
                gpu 10             3  nvlink  crc_errors        2  events
                GPU-9/nvlink/3     3  gone    crc_errors        2  events
                next p11-00000000000000ab

                """)
        for flag in ["--counters", "--all"] {
            let (all, _) = try Command.run("deltas", flag, against: [.document(window)])
            let rows = all.output.split(separator: "\n").filter { $0.contains("tx_data") }
            #expect(rows.count == 3)
        }
    }

    @Test func `health counts GPUs, and says which one a condition is about`() throws {
        var condition = Documents.linkDown
        condition.subject = V1.Subject(
            key: "GPU-1", gpu: "GPU-1", gpuIndex: 1, pciAddress: "0000:28:00.0", xid: 79)
        var health = Documents.health("CRITICAL", "A link is down.", [condition])
        health.observed.gpus = 8
        health.observed.gpusRead = 7
        health.observed.nvlinksActive = 143
        let (outcome, _) = try Command.run("health", against: [.document(health)])
        #expect(
            outcome.output.contains(
                "2 ports, 2 active, 2 peers read; 8 GPUs, 7 read, 143 NVLinks active\n"))
        #expect(outcome.output.contains("ib_link_down  gpu 1 xid 79  3m12s ago"))
    }
}
