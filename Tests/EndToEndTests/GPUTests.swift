import Foundation
import Testing
import Wire

extension EndToEndTests {
    /// The released daemon on a node of fake GPUs.
    @Suite struct GPUTests {
        @Test func eightGPUsAreReadWithAllTheirLinks() throws {
            try withGPUs(try GPUNode()) { daemon in
                try eventually("all are read") {
                    try daemon.gpus().map(\.state) == Array(repeating: "read", count: 8)
                }
                let gpus = try daemon.gpus()
                #expect(gpus.map(\.index) == Array(0..<8))
                #expect(gpus.map(\.address) == (0..<8).map(GPUNode.address))
                #expect(gpus.allSatisfy { $0.linksTotal == 18 && $0.linksActive == 18 })
                #expect(gpus.allSatisfy { !$0.stale && $0.temperatureCelsius != nil })
                let health = try daemon.health()
                #expect(health.verdict == "PASS", "\(health)")
                #expect(health.summary == "All 8 GPUs were read.")
                let gpu = try daemon.gpu(3)
                #expect(gpu.links.count == 18 && gpu.links.allSatisfy { $0.state == "active" })
                let link = gpu.links[7]
                let replay = link.counters.first { $0.name == "replay_errors" }
                #expect(replay?.state == "value" && replay?.value?.source == "NVML field 161")
                #expect(link.counters.first { $0.name == "symbol_errors" }?.state == "unsupported")
                let sram = gpu.counters.first { $0.name == "sram_volatile_corrected_errors" }
                #expect(sram?.state == "no_permission" && sram?.value == nil)
                let introductions = daemon.child.errors.split(separator: "\n").filter {
                    $0.contains(" symbols")
                }
                #expect(introductions.count == 1 && introductions[0].contains("NVML 13.610"))
                let forbidden = ["PcieThroughput", "RunningProcesses", "ValidateInforom", "ByUUID"]
                let changes = ["Set", "Clear", "Reset", "Freeze"].map { "nvmlDevice\($0)" }
                let calls = try daemon.node.callLog()
                #expect(calls.contains { $0.symbol == "nvmlDeviceGetFieldValues" })
                for call in calls {
                    #expect(!forbidden.contains { call.symbol.contains($0) }, "\(call.symbol)")
                    #expect(!changes.contains { call.symbol.hasPrefix($0) }, "\(call.symbol)")
                }
            }
        }

        @Test func pageIsOneForPrometheus() throws {
            let node = try GPUNode(scenario: "counter gpu=2 link=5 field=161 value=41")
            try withGPUs(node) { daemon in
                try eventually("it is read") { try daemon.gpus().allSatisfy { $0.state == "read" } }
                let text = try daemon.get("/metrics").text
                let uuid = try #require(try daemon.gpus()[2].uuid)
                #expect(
                    text.contains(
                        "fabricwatch_nvlink_replay_errors_total"
                            + "{gpu=\"2\",uuid=\"\(uuid)\",link=\"5\"} 41\n"))
                let promtool = try #require(Requirements.find("promtool"))
                _ = try Child.succeed(promtool, ["check", "metrics"], input: text)
            }
        }

        @Test func deltasAreExactAcrossAKill() throws {
            let node = try GPUNode(scenario: "counter gpu=1 link=0 field=161 value=100")
            try withGPUs(node) { daemon in
                try eventually("it is read") { try daemon.gpus().allSatisfy { $0.state == "read" } }
                let cursor = try daemon.cursor()
                try node.play("counter gpu=1 link=0 field=161 value=107")
                try daemon.awaitNewPass()
                func delta(_ since: String) throws -> V1.CounterDelta? {
                    try daemon.deltas(since: since).series.first {
                        $0.gpuIndex == 1 && $0.link == 0
                    }?.counters.first { $0.name == "replay_errors" }
                }
                #expect(try delta(cursor)?.delta == 7)
                #expect(try delta(cursor)?.quality == "exact")
                try daemon.kill9()
                try node.play("counter gpu=1 link=0 field=161 value=112")
                try daemon.startAgain()
                try eventually("it is counted") { try delta(cursor)?.delta == 12 }
                #expect(try delta(cursor)?.quality == "exact")
                // Somebody clears the link's counters.
                try node.play("counter gpu=1 link=0 field=161 value=2")
                try eventually("it is counted") { try delta(cursor)?.delta == 14 }
                let cleared = try delta(cursor)
                #expect(cleared?.quality == "at_least" && cleared?.reasons == ["cleared"])
            }
        }

        @Test func lostGPUIsMissedAndComesBack() throws {
            let node = try GPUNode()
            try withGPUs(node) { daemon in
                try eventually("it is read") { try daemon.gpus().allSatisfy { $0.state == "read" } }
                try node.play("set gpu=5 lost")
                let condition = try eventually("it is missed") { try daemon.condition("gpu_lost") }
                #expect(condition.severity == "CRITICAL" && condition.subject.gpuIndex == 5)
                #expect(condition.summary.contains("GPU_IS_LOST"), "\(condition.summary)")
                #expect(try daemon.gpus().filter { $0.state == "read" }.count == 7)
                let text = try daemon.get("/metrics").text
                let uuid = try #require(try daemon.gpus()[5].uuid)
                #expect(text.contains("fabricwatch_gpu_up{gpu=\"5\",uuid=\"\(uuid)\"} 0\n"))
                #expect(!text.contains("fabricwatch_gpu_energy_joules_total{gpu=\"5\""))
                try node.play("set gpu=5 generation=2")
                try eventually("it is back") { try daemon.gpus()[5].state == "read" }
                #expect(try daemon.condition("gpu_lost") == nil)
            }
        }

        @Test func missingLibraryIsSaidAndFoundWhenItComes() throws {
            let node = try GPUNode(library: false)
            try withGPUs(node) { daemon in
                let condition = try eventually("it is said") {
                    try daemon.condition("gpu_unobservable")
                }
                #expect(condition.severity == "UNKNOWN")
                #expect(condition.summary.hasPrefix("8 GPUs of this node cannot be read: "))
                let document = try eventually("it was looked for") { () -> V1.GPUs? in
                    let document: V1.GPUs = try daemon.document("/api/v1/gpus")
                    return document.library?.state == "library_missing" ? document : nil
                }
                #expect(document.gpus.map(\.state) == Array(repeating: "no_library", count: 8))
                try node.install()
                // Looked for once a minute, and at once when the driver is another.
                try node.loadDriver("610.11")
                try eventually("it is found") {
                    try daemon.gpus().allSatisfy { $0.state == "read" }
                }
                #expect(try daemon.health().verdict == "PASS")
            }
        }

        @Test func replacedLibraryIsMissedAndFoundAgain() throws {
            let node = try GPUNode()
            try withGPUs(node) { daemon in
                try eventually("all are read") {
                    try daemon.gpus().allSatisfy { $0.state == "read" }
                }
                try node.uninstall()
                try node.play("return symbol=nvmlDeviceGetCount_v2 code=9")
                let condition = try eventually("it is missed") {
                    try daemon.condition("gpu_unobservable")
                }
                #expect(condition.severity == "UNKNOWN")
                try eventually("it was looked for") {
                    let document: V1.GPUs = try daemon.document("/api/v1/gpus")
                    return document.library?.state == "library_missing"
                }
                #expect(try daemon.gpus().allSatisfy { $0.stale && $0.uuid != nil })
                try node.install()
                try node.play("")
                try node.loadDriver("610.11")
                try eventually("all are read again") {
                    try daemon.gpus().allSatisfy { $0.state == "read" && !$0.stale }
                }
                try eventually("all is well") { try daemon.health().verdict == "PASS" }
            }
        }

        /// Each look takes a fresh process, so they become fewer and fewer.
        @Test func driverThatStaysGoneIsAskedLessAndLess() throws {
            let node = try GPUNode()
            try withGPUs(node) { daemon in
                func restarts() throws -> Int {
                    let probe = try daemon.health().collectors.first { $0.name == "gpu" }
                    return try #require(probe).restarts
                }
                try eventually("all are read") {
                    try daemon.gpus().allSatisfy { $0.state == "read" }
                }
                try node.play(
                    "return symbol=nvmlDeviceGetCount_v2 code=9\n"
                        + "return symbol=nvmlDeviceGetHandleByPciBusId_v2 code=9")
                try eventually("there is a fresh process") { try restarts() == 1 }
                let began = Uptime.now
                try eventually("there is a third") { try restarts() == 3 }
                // The waits double from one second.
                let seconds = Uptime.now - began
                #expect(seconds > 5.5, "two more in \(seconds) s")
                #expect(try daemon.health().verdict == "UNKNOWN")
                try node.play("")
                try eventually("all are read again", within: 30) {
                    try daemon.gpus().allSatisfy { $0.state == "read" && !$0.stale }
                }
                try eventually("all is well") { try daemon.health().verdict == "PASS" }
            }
        }
    }
}
