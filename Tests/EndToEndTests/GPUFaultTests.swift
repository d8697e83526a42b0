import Foundation
import Testing
import Wire

extension EndToEndTests {
    /// GPUs and a library that hang, crash and lie, before the released daemon.
    @Suite struct GPUFaultTests {
        /// What was seen of a node while something happened.
        private struct Watching {
            private static let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

            /// When each GPU was sampled, by index.
            var samples: [Int: Set<Date>] = [:]
            /// The longest that a scrape took in seconds, and the longest of another daemon.
            ///
            /// Nothing happens to that one: what the machine is late with shows in both. What
            /// either side waited for a processor is left out.
            var slowest = 0.0
            var control = 0.0
            var verdicts: [String] = []

            mutating func look(_ daemon: GPUDaemon, beside other: GPUDaemon) throws {
                slowest = max(slowest, try Self.scrape(daemon))
                control = max(control, try Self.scrape(other))
                for gpu in try daemon.gpus() {
                    guard let sampled = gpu.sampled else { continue }
                    samples[gpu.index, default: []].insert(try Self.format.parse(sampled))
                }
                let verdict = try daemon.health().verdict
                if verdicts.last != verdict { verdicts.append(verdict) }
            }

            // The slowest of what is asked of a daemon all the time.
            private static func scrape(_ daemon: GPUDaemon) throws -> Double {
                try ["/metrics", "/api/v1/health", "/api/v1/gpus"].map { try ask(daemon, $0) }
                    .max() ?? 0
            }

            private static func ask(_ daemon: GPUDaemon, _ path: String) throws -> Double {
                let waited = Uptime.waited(daemon.child.pid)
                let start = Uptime.now
                #expect(try daemon.get(path).status == 200)
                let seconds = Uptime.now - start
                return seconds - (Uptime.waited(daemon.child.pid) - waited)
            }

            /// The longest time between two samples of a GPU in seconds.
            func gap(_ index: Int) -> Double {
                let times = (samples[index] ?? []).sorted()
                return zip(times, times.dropFirst()).map { $1.timeIntervalSince($0) }.max()
                    ?? .infinity
            }
        }

        /// The whole minute of a GPU that hangs: seven others are read on, scrapes are as fast as
        /// ever, the verdict goes from UNKNOWN to CRITICAL and names the call.
        @Test func oneHangingGPUCostsNobodyElse() throws {
            let node = try GPUNode()
            let other = try GPUDaemon(GPUNode())
            defer { other.abandon() }
            try withGPUs(node) { daemon in
                try eventually("all are read") {
                    try daemon.gpus().allSatisfy { $0.state == "read" }
                }
                var normal = Watching()
                let end = Uptime.now + 15
                while Uptime.now < end {
                    try normal.look(daemon, beside: other)
                    usleep(20_000)  // Until the deadline.
                }
                let began = Uptime.now
                try node.play("hang gpu=3 symbol=nvmlDeviceGetFieldValues seconds=60")
                var hanging = Watching()
                var first: V1.Condition?
                let critical = try eventually("it is critical", within: 70) {
                    () -> V1.Condition? in
                    try hanging.look(daemon, beside: other)
                    let condition = try daemon.condition("gpu_unresponsive")
                    if first == nil { first = condition }
                    return condition?.severity == "CRITICAL" ? condition : nil
                }
                let seconds = Uptime.now - began
                // The verdict may have been asked for just before it was critical.
                try hanging.look(daemon, beside: other)
                #expect((45...65).contains(seconds), "critical after \(seconds) s")
                #expect(first?.severity == "UNKNOWN" && first?.subject.gpuIndex == 3)
                for condition in [first, critical] {
                    let text = "\(condition?.summary ?? "") \(condition?.evidence ?? [])"
                    #expect(text.contains("nvmlDeviceGetFieldValues"), "\(text)")
                }
                #expect(hanging.verdicts == ["PASS", "UNKNOWN", "CRITICAL"])
                // Every second, with one for the probe that was killed and one for the machine.
                for index in 0..<8 where index != 3 {
                    let count = Double(hanging.samples[index]?.count ?? 0)
                    #expect(hanging.gap(index) < 3.5, "GPU \(index): \(hanging.gap(index)) s")
                    #expect(count > seconds * 0.85, "GPU \(index): \(count) in \(seconds) s")
                }
                let usual = max(normal.slowest, normal.control, hanging.control)
                #expect(hanging.slowest < usual + 0.05, "\(hanging.slowest) s, else \(usual) s")
                let sick = try daemon.gpus()[3]
                #expect(sick.stale && sick.temperatureCelsius != nil && (sick.ageSeconds ?? 0) > 40)
                #expect(sick.call?.function == "nvmlDeviceGetFieldValues" && sick.reason != nil)
                let text = try daemon.get("/metrics").text
                #expect(!text.contains("fabricwatch_gpu_temperature_celsius{gpu=\"3\""))
                #expect(text.contains("fabricwatch_gpu_temperature_celsius{gpu=\"4\""))

                try node.play("")
                try eventually("it is tried and read again", within: 90) {
                    try daemon.gpus()[3].state == "read"
                }
                #expect(try daemon.condition("gpu_unresponsive") == nil)
            }
        }

        /// A lock of the whole library: nobody can be read beside it, and the daemon says so.
        @Test func hangThatHoldsALockIsEndedByTheHardDeadline() throws {
            let node = try GPUNode()
            let probe = ["probe: {soft_deadline: 1s, hard_deadline: 3s}"]
            try withGPUs(node, probe) { daemon in
                try eventually("all are read") {
                    try daemon.gpus().allSatisfy { $0.state == "read" }
                }
                try node.play("hang-locked gpu=3 symbol=nvmlDeviceGetFieldValues seconds=600")
                // A wait for the default of 10 s would be too long.
                try eventually("it is left out, the others are read", within: 9) {
                    let gpus = try daemon.gpus()
                    return gpus[3].state == "excluded"
                        && gpus.filter { $0.state == "read" }.count == 7
                }
                #expect(try daemon.condition("gpu_unresponsive")?.subject.gpuIndex == 3)
                #expect(try daemon.health().verdict != "PASS")
            }
        }

        /// What holds of another GPU is not over because its probe had to be started anew.
        @Test func crashNamesItsGPUAndTheOthersGoOn() throws {
            let pending = "set gpu=2 remap_pending=1\n"
            let node = try GPUNode(scenario: pending)
            try withGPUs(node) { daemon in
                try eventually("all are read") {
                    try daemon.gpus().allSatisfy { $0.state == "read" }
                }
                try eventually("a row waits") { try daemon.condition("gpu_memory_degraded") }
                try node.play(pending + "crash gpu=6 symbol=nvmlDeviceGetFieldValues how=segv")
                try eventually("it is left out, the others are read") {
                    let gpus = try daemon.gpus()
                    return gpus[6].state == "excluded"
                        && gpus.filter { $0.state == "read" }.count == 7
                }
                try eventually("it is given up after three", within: 40) {
                    try daemon.gpus()[6].reason?.contains("3 times") == true
                }
                #expect(
                    try daemon.gpus()[6].reason?.contains("ended the probe with signal 11") == true)
                // A new driver is a new chance.
                try node.play(pending)
                try node.loadDriver("610.11")
                try eventually("it is read again", within: 40) {
                    try daemon.gpus()[6].state == "read"
                }
                let events: V1.Events = try daemon.document("/api/v1/events?after=0&limit=1000")
                #expect(
                    !events.events.contains {
                        $0.kind == "condition_resolved"
                            && $0.line.hasPrefix("gpu_memory_degraded")
                    })
                #expect(try daemon.condition("gpu_memory_degraded")?.subject.gpuIndex == 2)
            }
        }

        @Test func crashLoopEndsInAStatedState() throws {
            let node = try GPUNode(scenario: "crash symbol=nvmlInit_v2 how=abort")
            let probe = ["probe: {restart_delay_min: 100ms}"]
            let daemon = try GPUDaemon(node, probe, untilReady: false)
            defer { daemon.abandon() }
            let collector = try eventually("it is given up") { () -> V1.Collector? in
                try daemon.health().collectors.first { $0.name == "gpu" && $0.state == "disabled" }
            }
            #expect(
                collector.detail
                    == "probe gpu crashed 3 times in a row in nvmlInit_v2 and is disabled until "
                    + "the NVIDIA driver changes or the daemon is restarted")
            #expect(try daemon.health().verdict == "UNKNOWN")
            try node.play("")
            try node.loadDriver("610.11")
            try eventually("all are read") {
                let gpus = try daemon.gpus()
                return gpus.count == 8 && gpus.allSatisfy { $0.state == "read" }
            }
            try daemon.stop()
        }

        @Test func xid79StopsCallsToItsGPUAtOnce() throws {
            let node = try GPUNode()
            try withGPUs(node) { daemon in
                try eventually("all are read") {
                    try daemon.gpus().allSatisfy { $0.state == "read" }
                }
                try node.log(
                    "NVRM: Xid (PCI:\(GPUNode.address(2).dropLast(2))): 79, pid=123, name=pt_main, "
                        + "GPU has fallen off the bus.")
                let condition = try eventually("it is judged") { try daemon.condition("gpu_xid") }
                #expect(condition.severity == "CRITICAL" && condition.subject.xid == 79)
                try eventually("it is left out") { try daemon.gpus()[2].state == "excluded" }
                let before = try node.callLog().filter { $0.gpu == 2 }.count
                #expect(before > 0)
                try daemon.awaitNewPass()
                #expect(try node.callLog().filter { $0.gpu == 2 }.count == before)
                #expect(try daemon.gpus().filter { $0.state == "read" }.count == 7)
                let events = try daemon.events().events
                let event = try #require(events.first)
                #expect(events.count == 1 && event.number == 79 && event.kind == "xid")
                #expect(event.process == "pt_main (123)" && event.gpuIndex == 2)
                #expect(event.line.hasPrefix("NVRM: Xid") && event.remedy == "reboot")
                let uuid = try #require(try daemon.gpus()[2].uuid)
                let text = try daemon.get("/metrics").text
                let name = "fabricwatch_gpu_xid_errors_total{gpu=\"2\",uuid=\"\(uuid)\",xid="
                #expect(text.contains("\(name)\"79\"} 1\n") && text.contains("\(name)\"74\"} 0\n"))

                // A restart neither tells it again nor forgets it. What comes after it in the log
                // is told once all before has been read.
                try daemon.kill9()
                try daemon.startAgain()
                try node.log(
                    "NVRM: Xid (PCI:\(GPUNode.address(4).dropLast(2))): 63, Row Remapper: new row")
                let marker = try eventually("the log is read") {
                    try daemon.events().events.first { $0.number == 63 }
                }
                #expect(try daemon.events().events.map(\.id) == [event.id, marker.id])
                #expect(try daemon.condition("gpu_xid")?.subject.xid == 79)
            }
        }

        @Test func theSameXidFromNVMLAndTheKernelLogIsOneEvent() throws {
            let node = try GPUNode()
            try withGPUs(node) { daemon in
                try eventually("all are read") {
                    try daemon.gpus().allSatisfy { $0.state == "read" }
                }
                try daemon.awaitNewPass()
                try node.log(
                    "NVRM: Xid (PCI:\(GPUNode.address(4).dropLast(2))): 63, Row Remapper: new row")
                try node.play("event seq=1 gpu=4 type=8 data=63")
                let event = try eventually("both have told") {
                    try daemon.events().events.first { $0.sources.count == 2 }
                }
                #expect(event.sources == ["kernel_log", "nvml"] && event.count == 1)
                #expect(try daemon.events().events.count == 1)
                let condition = try eventually("it is judged") { try daemon.condition("gpu_xid") }
                #expect(condition.severity == "WARNING", "nothing has to be done at once")
            }
        }
    }
}
