import Foundation
import Model
import Testing
import Wire

@testable import Serve

/// The page on the API says what the server does.
@Suite struct DocumentationTests {
    private static let docs = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("docs")
    private static let page = docs.appendingPathComponent("api.md")

    /// The words in backticks of a page's text from one place to another.
    private static func words(
        _ page: URL, from start: String, to end: String
    ) throws -> [String] {
        let text = try String(contentsOf: page, encoding: .utf8)
        let from = try #require(text.range(of: start))
        let to = try #require(text[from.upperBound...].range(of: end))
        let parts = text[from.upperBound..<to.lowerBound].split(
            separator: "`", omittingEmptySubsequences: false)
        return parts.indices.filter { $0 % 2 == 1 }.map { String(parts[$0]) }
    }

    @Test func everyWordForAStateIsThere() throws {
        let call = GPUCall(function: "f", family: .ecc, nanoseconds: 0, thread: 0)
        let states: [GPUState] = [
            .read, .busy(call), .excluded(""),
            .failed(GPUFailure(function: "f", code: 999, codeName: "UNKNOWN")),
            .failed(GPUFailure(function: "f", code: 15, codeName: "LOST")), .noLibrary,
        ]
        let rows = try Self.words(Self.page, from: "| `state` | |\n|---|---|\n", to: "\n\n")
        #expect(
            rows.filter { !["call", "library"].contains($0) } == states.map(\.name) + ["missing"])
        let library = GPULibrary.State.allCases.map(\.rawValue)
        #expect(
            try Self.words(Self.page, from: "`library.state` is ", to: "; `library.detail`")
                == library)
        let playbook = Self.docs.appendingPathComponent("playbooks/gpu_unobservable.md")
        #expect(
            try Self.words(playbook, from: "read it as |\n", to: "\n\n")
                == library.filter { $0 != "ready" })
    }

    @Test func everyStateOfAPCIFunctionIsThere() throws {
        let section = "whose own probe is hung."
        let rows = try Self.words(Self.page, from: section, to: "Width and speed are absent")
        let states = PCIFunctionState.allCases.map(\.rawValue)
        #expect(rows.suffix(states.count) == states[...])
        for role in PCIRole.allCases { #expect(rows.contains(role.rawValue)) }
    }

    @Test func everyRoleAndFECIsThere() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        let kinds = DifferenceKind.allCases.map(\.rawValue)
        for word in HCARole.allCases.map(\.rawValue) + FECMode.allCases.map(\.name) + kinds {
            #expect(text.contains("`\(word)`"))
        }
    }

    @Test func everyRemedyIsThere() throws {
        #expect(
            try Self.words(Self.page, from: "`remedy` is what helps: ", to: " where the words")
                == Remedy.allCases.map(\.rawValue))
    }

    /// What an example says of an Xid is what the daemon says of it.
    @Test func examplesSayWhatTheCatalogueSays() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        let events = try Self.example("/api/v1/events", V1.Events.self, in: text).document.events
        for event in events {
            let kind = try #require(NodeEvent.Kind(rawValue: event.kind))
            let number = event.number.map { UInt32($0) }
            let told = NodeEvent(
                kind: kind, device: nil, number: number, wallMilliseconds: 0, source: .kernelLog,
                record: nil, line: event.line)
            #expect(event.remedy == told.remedy?.rawValue)
            guard kind == .xid, let number, let message = XidMessage(line: ByteScanner(event.line))
            else { continue }
            #expect(event.meaning == XidCatalog.entry(number).meaning)
            #expect(event.detail == XidReading(number: number, scanner: message.text).detail)
        }
        let gpu = try Self.example("/api/v1/gpus/<gpu>", V1.GPU.self, in: text).document
        for xid in gpu.xids {
            #expect(xid.meaning == XidCatalog.entry(UInt32(xid.number)).meaning)
        }
        #expect(!events.isEmpty && !gpu.xids.isEmpty)
        let manual = try String(
            contentsOf: Self.docs.appendingPathComponent("command.md"), encoding: .utf8)
        for number: UInt32 in [74, 79] {
            #expect(manual.contains("  \(XidCatalog.entry(number).meaning)\n"))
        }
    }

    @Test func everyKindOfProblemIsInTheTable() throws {
        let rows = try String(contentsOf: Self.page, encoding: .utf8).split(separator: "\n")
            .filter { $0.contains("`/problems/") && $0.hasPrefix("|") }
        let documented = Set(rows.map { $0.split(separator: "|").prefix(2).joined(separator: "|") })
        let known = Set(ProblemKind.allCases.map { " \($0.status) | `\($0.type)` " })
        #expect(documented == known)
    }

    @Test func everyPathIsInTheTable() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        for endpoint in Endpoint.allCases {
            let path =
                switch endpoint {
                case .gpu: "/api/v1/gpus/<gpu>"
                case .mark: "/api/v1/marks/<name>"
                case .playbook: "/playbooks/<condition>.md"
                case .work: "/api/v1/maintenance/<name>"
                case .acknowledgement: "/api/v1/acknowledgements/<incident>"
                default: endpoint.rawValue
                }
            let names = endpoint.parameters.map { "`\($0)`" }.joined(separator: ", ")
            #expect(text.contains("| `\(path)` |\(names.isEmpty ? "" : " \(names)") |"))
        }
    }

    private static func example<Document: Codable>(
        _ heading: String, _ type: Document.Type, in text: String
    ) throws -> (json: Data, document: Document) {
        let section = try #require(text.range(of: "## `\(heading)`\n"))
        let rest = text[section.upperBound...]
        let start = try #require(rest.range(of: "```json\n"))
        let end = try #require(rest[start.upperBound...].range(of: "\n```"))
        let json = Data(rest[start.upperBound..<end.lowerBound].utf8)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return (json, try decoder.decode(type, from: json))
    }

    /// An example that cannot be decoded is a wrong promise.
    @Test func examplesAreDocuments() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        func check<Document: Codable>(_ heading: String, _ type: Document.Type) throws {
            let (json, document) = try Self.example(heading, type, in: text)
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            // Nothing in the example is unknown to the document.
            let again = try JSONSerialization.jsonObject(with: encoder.encode(document))
            let written = try JSONSerialization.jsonObject(with: json)
            let same = (again as? NSDictionary) == (written as? NSDictionary)
            #expect(same, "\(heading)")
        }
        try check("/api/v1/health", V1.Health.self)
        try check("/api/v1/links", V1.Links.self)
        try check("/api/v1/gpus", V1.GPUs.self)
        try check("/api/v1/gpus/<gpu>", V1.GPU.self)
        try check("/api/v1/pcie", V1.PCIe.self)
        try check("/api/v1/inventory", V1.Inventory.self)
        try check("/api/v1/counters", V1.Counters.self)
        try check("/api/v1/deltas", V1.Deltas.self)
        try check("/api/v1/range", V1.Range.self)
        try check("/api/v1/events", V1.Events.self)
        try check("/api/v1/marks", V1.Marks.self)
        try check("/api/v1/marks/<name>", V1.MarkRequest.self)
        try check("/api/v1/maintenance", V1.MaintenanceList.self)
        try check("/api/v1/maintenance/<name>", V1.MaintenanceRequest.self)
        try check("/api/v1/acknowledgements", V1.Acknowledgements.self)
        try check("/api/v1/acknowledgements/<incident>", V1.AcknowledgementRequest.self)
    }
}
