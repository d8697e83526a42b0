import Foundation
import Health
import Testing

/// Every condition has a playbook that an operator can follow at night.
struct PlaybookTests {
    private static let sections = [
        "What it means", "What to check first", "Who is accused and why", "What to do",
        "When it clears", "What it is not",
    ]

    @Test(arguments: ConditionCatalog.all.map(\.id))
    func everyConditionHasItsPlaybook(_ id: ConditionID) throws {
        let row = ConditionCatalog.row(id)
        #expect(row.playbook == "playbooks/\(id.rawValue).md")
        let text = try Reference.read("docs/\(row.playbook)")
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.first.map { String($0) } == "# \(id.rawValue)")
        let titles = lines.filter { $0.hasPrefix("## ") }.map { String($0.dropFirst(3)) }
        #expect(titles == Self.sections)
        for (title, next) in zip(lines.indices, lines.indices.dropFirst(2))
        where lines[title].hasPrefix("## ") {
            #expect(!lines[next].isEmpty && !lines[next].hasPrefix("#"), "\(lines[title])")
        }
        #expect(text.contains("```sh\n"), "exact commands")
    }

    /// What an operator pastes at night must not change what is measured.
    @Test(arguments: ConditionCatalog.all.map(\.id))
    func commandsOnlyRead(_ id: ConditionID) throws {
        let text = try Reference.read("docs/\(ConditionCatalog.row(id).playbook)")
        let blocks = text.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 1 }
        let commands = blocks.flatMap { $0.element.split(whereSeparator: \.isNewline) }
        let writing = [" -R", " -r ", " --reset", " enable", " disable", " reset", "rm ", "sudo"]
        for command in commands {
            let words = command.split(separator: "#").first ?? ""
            for word in writing {
                #expect(!words.hasPrefix(word) && !words.contains(word), "\(command)")
            }
        }
    }

    @Test func noPlaybookIsOrphaned() throws {
        let folder = Reference.root.appending(path: "docs/playbooks")
        let found = try FileManager.default.contentsOfDirectory(atPath: folder.path())
        #expect(found.sorted() == ConditionID.allCases.map { "\($0.rawValue).md" }.sorted())
    }

    @Test func linksLead() throws {
        for row in ConditionCatalog.all {
            let text = try Reference.read("docs/\(row.playbook)")
            for part in text.components(separatedBy: "](").dropFirst() {
                let target = part.prefix { $0 != ")" && $0 != "#" }
                let file = Reference.root.appending(path: "docs/playbooks/\(target)")
                #expect(
                    FileManager.default.fileExists(atPath: file.standardized.path()), "\(target)")
            }
        }
    }
}
