import Foundation
import Testing
import Wire

extension EndToEndTests {
    /// What GPUs count and say, judged by the released daemon.
    @Suite struct GPUJudgementTests {
        @Test func recoveryOfAnNVLinkNamesTheLink() throws {
            try judged("counter gpu=2 link=5 field=162 add=1", "nvlink_errors") { found in
                #expect(found.severity == "CRITICAL" && found.subject.gpuIndex == 2)
                #expect(found.accused == ["nvlink", "nvswitch", "gpu"])
                #expect(
                    found.why?.hasPrefix("1 recovery that lost the link on NVLink 5 in ") == true)
                #expect(found.step == "reset_gpu")
            }
        }

        @Test func errorsOnManyNVLinksAccuseTheGPU() throws {
            try judged("counter gpu=4 field=162 add=1", "nvlink_errors") { found in
                #expect(found.severity == "CRITICAL" && found.subject.gpuIndex == 4)
                #expect(found.accused.first == "gpu")
            }
        }

        // Read once a minute: it is there from the start.
        @Test func remappingThatFailedAsksForAnotherGPU() throws {
            let node = try GPUNode(scenario: "set gpu=1 remap_failure=1\nset gpu=6 remap_pending=1")
            try withGPUs(node) { daemon in
                let found = try eventually("both are judged") {
                    let found = try daemon.health().conditions.filter {
                        $0.id == "gpu_memory_degraded"
                    }
                    return found.count == 2 ? found : nil
                }
                let (failed, waits) = (found[0], found[1])
                #expect(failed.severity == "CRITICAL" && failed.subject.gpuIndex == 1)
                #expect(failed.accused == ["gpu"] && failed.step == "replace_part")
                #expect(failed.summary.contains("could not be remapped"))
                #expect(waits.severity == "WARNING" && waits.subject.gpuIndex == 6)
                #expect(waits.step == "reset_gpu")
                #expect(try daemon.health().verdict == "CRITICAL")
            }
        }

        // Plays a line to a node that is well and looks at the condition that it leads to: the
        // only one above INFO, and the same after the daemon was killed.
        private func judged(
            _ line: String, _ id: String, _ check: (V1.Condition) throws -> Void
        ) throws {
            let node = try GPUNode()
            try withGPUs(node) { daemon in
                try eventually("all are read") {
                    try daemon.gpus().allSatisfy { $0.state == "read" }
                }
                try daemon.awaitNewPass()
                #expect(try daemon.health().verdict == "PASS")
                try node.play(line)
                let found = try eventually("it is judged") { try daemon.condition(id) }
                try check(found)
                let health = try daemon.health()
                #expect(health.verdict == found.severity)
                #expect(
                    health.conditions.filter { $0.severity != "INFO" }.map(\.id) == [id])
                try daemon.kill9()
                try daemon.startAgain()
                let again = try eventually("it holds after a restart") {
                    try daemon.condition(id)
                }
                #expect(again.severity == found.severity && again.since == found.since)
            }
        }
    }
}
