import Foundation
import Testing

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
        for path in [
            "/metrics", "/healthz", "/readyz", "/api/v1/health", "/api/v1/links",
            "/api/v1/counters", "/api/v1/deltas",
        ] {
            #expect(text.contains("| `\(path)` |"), "\(path)")
        }
    }
}
