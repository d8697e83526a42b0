import Foundation
import Testing
import Wire

/// The API's documents: what is written is read back, under keys that do not change by accident.
struct DocumentTests {
    private static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = .sortedKeys
        return encoder
    }

    private static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }

    private static func text(_ document: some Encodable) throws -> String {
        String(decoding: try encoder().encode(document), as: UTF8.self)
    }

    private static func roundTrip<Document: Codable>(_ document: Document) throws -> Document {
        try decoder().decode(Document.self, from: try encoder().encode(document))
    }

    // Every key of every object of a document.
    private static func keys(_ document: some Encodable) throws -> Set<String> {
        func keys(_ value: Any) -> [String] {
            switch value {
            case let object as [String: Any]: object.keys + object.values.flatMap(keys)
            case let array as [Any]: array.flatMap(keys)
            default: []
            }
        }
        return Set(keys(try JSONSerialization.jsonObject(with: try encoder().encode(document))))
    }

    // MARK: Round trips

    @Test(arguments: [true, false])
    func `every document is read back as it was written, full and bare`(isFull: Bool) throws {
        let samples = Samples(isFull: isFull)
        #expect(try Self.roundTrip(samples.health) == samples.health)
        #expect(try Self.roundTrip(samples.links) == samples.links)
        #expect(try Self.roundTrip(samples.counters) == samples.counters)
        #expect(try Self.roundTrip(samples.deltas) == samples.deltas)
        #expect(try Self.roundTrip(samples.gpus) == samples.gpus)
        #expect(try Self.roundTrip(samples.gpu) == samples.gpu)
        #expect(try Self.roundTrip(samples.inventory) == samples.inventory)
        #expect(try Self.roundTrip(samples.events) == samples.events)
        #expect(try Self.roundTrip(samples.marks) == samples.marks)
        #expect(try Self.roundTrip(samples.markRequest) == samples.markRequest)
        #expect(try Self.roundTrip(samples.problem) == samples.problem)
    }

    @Test(arguments: [
        0, 1, 1 << 53, (1 << 53) + 1, UInt64(Int64.max), UInt64(Int64.max) + 1, .max,
    ])
    func `64 bits of a counter survive`(count: UInt64) throws {
        var value = Samples(isFull: true).value
        value.total = count
        value.raw = count
        #expect(try Self.roundTrip(value) == value)
        #expect(try Self.text(value).contains("\"total\":\(count),"))
    }

    @Test(arguments: ["", "é☃𝄞", "\u{0}\u{1B}[31m\n", "\"\\/", "\u{FFFD}\u{2028}"])
    func `any name survives`(name: String) throws {
        var end = Samples(isFull: true).end
        end.description = name
        #expect(try Self.roundTrip(end) == end)
    }

    @Test(arguments: [0, 0.001, 4.25, 86_400.125, 1e12])
    func `an age survives`(seconds: Double) throws {
        var collector = Samples(isFull: true).collector
        collector.ageSeconds = seconds
        #expect(try Self.roundTrip(collector) == collector)
    }

    // MARK: The contract

    @Test func `keys are those of version 1`() throws {
        let samples = Samples(isFull: true)
        #expect(
            try Self.keys(samples.health) == [
                "node", "time", "verdict", "summary", "expectations", "conditions", "observed",
                "collectors",
                "id", "severity", "since", "subject", "accused", "evidence_grade", "evidence",
                "action", "playbook", "device", "port", "end", "key", "collector",
                "gpu", "gpu_index", "pci_address", "xid", "gpus", "gpus_read", "nvlinks_active",
                "ports", "active", "peers", "name", "state", "last_success", "age_seconds",
                "working_on", "restarts", "detail", "history", "sqlite", "trouble",
                "passes_waiting", "passes_lost", "check", "salvage", "file", "done",
                "passes_salvaged",
            ])
        #expect(
            try Self.keys(samples.links) == [
                "node", "time", "pass", "links", "device", "port", "rail", "collector", "sampled",
                "age_seconds", "stale", "link_layer", "role", "local", "peer_state", "peer_failure",
                "peer",
                "counters", "guid",
                "description", "type", "kernel_device", "firmware", "model", "lid", "state",
                "physical_state", "width_lanes", "speed", "bits_per_second", "failure", "name",
                "unit", "accuses", "total", "raw", "source", "width_bits", "saturated", "quality",
            ])
        #expect(
            try Self.keys(samples.counters) == [
                "node", "time", "pass", "series", "class", "device", "port", "end", "gpu_uuid",
                "gpu_index", "link", "key", "sampled", "counters", "accuses", "name", "state",
                "unit", "value",
                "total", "raw", "source",
                "width_bits", "saturated", "quality", "stale",
            ])
        #expect(
            try Self.keys(samples.deltas) == [
                "node", "from", "to", "complete", "passes", "next", "series", "pass", "time",
                "class", "device", "port", "end", "gpu_uuid", "gpu_index", "link", "key", "stale",
                "counters", "name", "unit", "accuses", "delta", "quality", "reasons",
            ])
        #expect(try Self.keys(samples.problem) == ["type", "title", "status", "detail"])
    }

    @Test func `keys of marks`() throws {
        let samples = Samples(isFull: true)
        #expect(
            try Self.keys(samples.marks) == [
                "node", "time", "marks", "name", "pass", "cursor", "kept", "made", "expires",
                "note",
            ])
        #expect(try Self.keys(samples.markRequest) == ["at", "expires", "note", "replace"])
    }

    @Test(arguments: [
        #"{"notes":"a"}"#, #"{"at":"5m","Replace":true}"#, #"{"":1}"#, #"{"note":1}"#,
        #"{"replace":"true"}"#, #"{"at":{}}"#, "[]", "1", "null", "",
    ])
    func `a request for a mark with a stray key or value is refused`(text: String) {
        #expect(throws: DecodingError.self) {
            try Self.decoder().decode(V1.MarkRequest.self, from: Data(text.utf8))
        }
    }

    @Test func `a fault of a document is told in a few words`() throws {
        func fault(_ text: String) -> String? {
            do {
                _ = try Self.decoder().decode(V1.Marks.self, from: Data(text.utf8))
                return nil
            } catch {
                return (error as? DecodingError)?.fault
            }
        }
        #expect(fault("{") == "not JSON")
        #expect(fault("{}") == "no node in the document")
        #expect(fault(#"{"node":"n","time":1}"#) == "an unexpected value at time")
        #expect(fault(#"{"node":"n","time":"t","marks":[{}]}"#) == "no name in marks.0")
    }

    @Test func `keys of the inventory`() throws {
        #expect(
            try Self.keys(Samples(isFull: true).inventory) == [
                "node", "time", "pass", "boot_id", "nvidia_driver", "hcas_listed", "gpus_listed",
                "expectations", "hcas", "gpus", "device", "role", "present", "guid", "address",
                "model", "board_id", "part", "serial", "firmware", "driver", "pcie", "numa_node",
                "ports", "port", "link_layer", "active", "width_lanes", "speed",
                "bits_per_second", "fec", "peer", "description", "max_width_lanes", "speed_gtps",
                "max_speed_gtps", "index", "listed", "uuid", "name", "board_part", "vbios",
                "inforom", "module_id", "nvlinks", "nvlinks_up", "nvlink_speed_bytes_per_second",
                "differences", "kind", "part", "subject", "summary", "facts", "fact", "expected",
                "seen", "unverified", "place", "end", "key", "collector", "gpu", "gpu_index",
                "pci_address", "xid",
            ])
    }

    @Test func `keys of GPUs and events`() throws {
        let samples = Samples(isFull: true)
        let summary: Set = [
            "index", "uuid", "address", "name", "state", "reason", "call", "function", "family",
            "seconds", "kernel_state", "wchan", "sampled", "age_seconds", "stale",
            "temperature_celsius", "power_watts", "utilization", "ecc_uncorrected",
            "links_total", "links_active", "links_with_errors", "recovery_action", "damage", "xids",
        ]
        #expect(
            try Self.keys(samples.gpus)
                == summary.union([
                    "node", "time", "pass", "library", "version", "driver", "symbols_found",
                    "symbols_known", "detail", "gpus",
                ]))
        #expect(
            try Self.keys(samples.gpu)
                == summary.union([
                    "node", "time", "pass", "summary", "identity", "serial", "board_part",
                    "vbios", "inforom", "gsp_firmware", "driver", "minor", "module_id",
                    "fabric_cluster", "counters", "gauges", "unit", "value", "raw", "meaning",
                    "accuses",
                    "total", "source", "width_bits", "saturated", "quality", "number", "count",
                    "last", "links", "link", "version", "speed_bytes_per_second", "remote", "kind",
                ]))
        #expect(
            try Self.keys(samples.events) == [
                "node", "time", "events", "next", "complete", "oldest", "newest", "id",
                "last_time", "count", "kind", "device", "gpu_uuid", "gpu_index", "number", "link",
                "process", "severity", "remedy", "meaning", "detail", "sources", "root", "line",
            ])
    }

    @Test func `what is not known is absent, neither null nor zero`() throws {
        let bare = Samples(isFull: false)
        let texts = [
            try Self.text(bare.health), try Self.text(bare.links), try Self.text(bare.counters),
            try Self.text(bare.deltas), try Self.text(bare.gpus), try Self.text(bare.gpu),
            try Self.text(bare.events), try Self.text(bare.inventory), try Self.text(bare.marks),
        ]
        for text in texts { #expect(!text.contains("null")) }
        #expect(
            try Self.text(bare.collector)
                == #"{"name":"infiniband","restarts":0,"state":"starting"}"#)
        #expect(
            try Self.text(bare.end)
                == #"{"guid":"0x0002c90300000001","port":1,"stale":true,"type":"hca"}"#)
        #expect(try Self.text(V1.Subject()) == "{}")
    }

    @Test func `a newer daemon's additional keys are passed over`() throws {
        let text = #"{"type":"a","title":"b","status":410,"detail":"c","instance":{"x":[1]}}"#
        #expect(
            try Self.decoder().decode(V1.Problem.self, from: Data(text.utf8))
                == V1.Problem(type: "a", title: "b", status: 410, detail: "c"))
    }

    @Test(arguments: [
        #"{"pass":-1,"time":"t"}"#, #"{"pass":18446744073709551616,"time":"t"}"#,
        #"{"pass":1.5,"time":"t"}"#, #"{"pass":"1","time":"t"}"#, #"{"pass":1}"#,
        #"{"time":"t"}"#, #"{"pass":null,"time":"t"}"#, "[]", "",
    ])
    func `what is no pass is refused`(text: String) {
        #expect(throws: DecodingError.self) {
            try Self.decoder().decode(V1.PassTime.self, from: Data(text.utf8))
        }
    }
}
