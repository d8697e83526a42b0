import Foundation
import Testing
import Wire

extension EndToEndTests {
    /// What `make run` shows where there is no hardware.
    @Suite struct SimulatedNodeTests {
        private static let script = Requirements.repository.appendingPathComponent(
            "deploy/simulated-node/run.sh")

        // What stands behind a word in the output, up to the end of the line.
        private static func text(after word: String, in output: String) -> String? {
            output.split(separator: "\n").first { $0.contains(word) }.flatMap {
                $0.range(of: word).map { [line = $0] range in String(line[range.upperBound...]) }
            }
        }

        @Test func eightCablesAndEightGPUsAreWatchedAndNothingIsLeft() throws {
            let binaries = try #require(Requirements.binaries)
            let child = try Child(
                Self.script, ["--simulated", "--no-build"],
                environment: ["FABRICWATCH_BIN_DIR": binaries.path])
            defer { child.end() }
            let socket = try eventually("it is watching", within: 60) { () -> String? in
                guard child.output.contains("nothing behind.") else { return nil }
                return Self.text(after: "FABRICWATCH_SOCKET=", in: child.output)
            }
            let client = HTTPClient(address: .socket(path: socket))
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            func document<Document: Decodable>(_ path: String) throws -> Document {
                try decoder.decode(Document.self, from: client.get(path).body)
            }
            try eventually("all GPUs are read with all their links") {
                let gpus: V1.GPUs = try document("/api/v1/gpus")
                return gpus.gpus.count == 8
                    && gpus.gpus.allSatisfy {
                        $0.state == "read" && $0.linksTotal == 18 && $0.linksActive == 18
                    }
            }
            try eventually("both ends of all cables are read") {
                let links: V1.Links = try document("/api/v1/links")
                return links.links.count == 8
                    && links.links.allSatisfy { $0.peerState == "observed" }
            }
            // One of the GPUs has a link that sleeps, which is no fault.
            let health: V1.Health = try document("/api/v1/health")
            #expect(health.observed.nvlinksActive == 8 * 18)
            child.signal(SIGTERM)
            #expect(child.waitForEnd(within: 20) && child.status == 0, "\(child.errors)")
            let home = URL(fileURLWithPath: socket).deletingLastPathComponent().path
            #expect(!FileManager.default.fileExists(atPath: home))
            let processes = try Child.succeed(
                URL(fileURLWithPath: "/bin/sh"),
                ["-c", "ls -l /proc/[0-9]*/cwd 2>/dev/null | grep -c \(home) || true"])
            #expect(processes.trimmingCharacters(in: .whitespacesAndNewlines) == "0")
        }
    }
}
