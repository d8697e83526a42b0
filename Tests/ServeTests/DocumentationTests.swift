import Foundation
import Testing
import Wire

@testable import Serve

/// The page on the API says what the server does.
@Suite struct DocumentationTests {
    private static let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("docs/api.md")

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
            let path = endpoint == .gpu ? "/api/v1/gpus/<gpu>" : endpoint.rawValue
            let names = endpoint.parameters.map { "`\($0)`" }.joined(separator: ", ")
            #expect(text.contains("| `\(path)` |\(names.isEmpty ? "" : " \(names)") |"))
        }
    }

    /// An example that cannot be decoded is a wrong promise.
    @Test func examplesAreDocuments() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        func example<Document: Codable>(_ heading: String, _ type: Document.Type) throws {
            let section = try #require(text.range(of: "## `\(heading)`\n"))
            let rest = text[section.upperBound...]
            let start = try #require(rest.range(of: "```json\n"))
            let end = try #require(rest[start.upperBound...].range(of: "\n```"))
            let json = Data(rest[start.upperBound..<end.lowerBound].utf8)
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            let document = try decoder.decode(type, from: json)
            // Nothing in the example is unknown to the document.
            let again = try JSONSerialization.jsonObject(with: encoder.encode(document))
            let written = try JSONSerialization.jsonObject(with: json)
            let same = (again as? NSDictionary) == (written as? NSDictionary)
            #expect(same, "\(heading)")
        }
        try example("/api/v1/health", V1.Health.self)
        try example("/api/v1/links", V1.Links.self)
        try example("/api/v1/gpus", V1.GPUs.self)
        try example("/api/v1/gpus/<gpu>", V1.GPU.self)
        try example("/api/v1/counters", V1.Counters.self)
        try example("/api/v1/deltas", V1.Deltas.self)
        try example("/api/v1/events", V1.Events.self)
    }
}
