import Foundation
import Health
import Testing

/// Every condition has a playbook that an operator can follow at night.
struct PlaybookTests {
    private static let sections = [
        "What it means", "What to check first", "Who is accused and why", "Who owns it",
        "What to do", "How to confirm the repair", "When it clears", "What it is not",
    ]

    @Test(arguments: ConditionCatalog.all.map(\.id))
    func everyConditionHasItsPlaybook(_ id: ConditionID) throws {
        let row = ConditionCatalog.row(id)
        #expect(row.playbook == "/playbooks/\(id.rawValue).md")
        let text = try Reference.read("docs\(row.playbook)")
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
        let text = try Reference.read("docs\(ConditionCatalog.row(id).playbook)")
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

    /// What is not in Debian is said to be a vendor's, so that nobody looks for it in vain.
    @Test(arguments: ConditionCatalog.all.map(\.id))
    func commandsAreInDebianOrAVendors(_ id: ConditionID) throws {
        let text = try Reference.read("docs\(ConditionCatalog.row(id).playbook)")
        let reference = try Reference.read("docs/command.md")
        for (line, context) in PlaybookCommands.lines(text) {
            for words in PlaybookCommands.commands(line) {
                let name = words.first ?? ""
                if name == "fabricwatch" {
                    let heading = "## `fabricwatch \(words.dropFirst().first ?? "")`"
                    #expect(reference.contains(heading), "\(line)")
                } else if PlaybookCommands.vendors.contains(name) {
                    #expect(context.contains("vendor"), "\(name) is not marked: \(line)")
                } else {
                    let package = PlaybookCommands.packages[name]
                    #expect(package != nil, "no package is known for \(name): \(line)")
                }
            }
        }
    }

    @Test func commandsAreFoundInALine() {
        let line = "D=a; Q=$(smpquery -D NI 0,$P | awk -F. '/a|b/ {print $NF}')  # perfquery"
        #expect(PlaybookCommands.commands(line).map(\.first) == ["smpquery", "awk"])
        let text = "`x_y`, `mlxlink`,\nand `ls -l`\n\n```sh\nps -e\n```\n"
        #expect(PlaybookCommands.lines(text).map(\.line) == ["ps -e", "mlxlink", "ls -l"])
    }

    @Test func noPlaybookIsOrphaned() throws {
        let folder = Reference.root.appending(path: "docs/playbooks")
        let found = try FileManager.default.contentsOfDirectory(atPath: folder.path())
        #expect(found.sorted() == ConditionID.allCases.map { "\($0.rawValue).md" }.sorted())
    }

    @Test func linksLead() throws {
        for row in ConditionCatalog.all {
            let text = try Reference.read("docs\(row.playbook)")
            for part in text.components(separatedBy: "](").dropFirst() {
                let target = part.prefix { $0 != ")" && $0 != "#" }
                let file = Reference.root.appending(path: "docs/playbooks/\(target)")
                #expect(
                    FileManager.default.fileExists(atPath: file.standardized.path()), "\(target)")
            }
        }
    }
}

/// The commands that a playbook names.
private enum PlaybookCommands {
    /// Debian's package of each command; FabricWatch's own are not in Debian.
    static let packages = [
        "awk": "mawk", "basename": "coreutils", "cat": "coreutils", "curl": "curl",
        "df": "coreutils", "dirname": "coreutils", "dmesg": "util-linux", "ethtool": "ethtool",
        "fabricwatchd": "fabricwatch", "fuser": "psmisc", "grep": "grep", "head": "coreutils",
        "iblinkinfo": "infiniband-diags", "ibportstate": "infiniband-diags",
        "ibqueryerrors": "infiniband-diags", "ibstat": "infiniband-diags",
        "ibtracert": "infiniband-diags", "journalctl": "systemd", "ldconfig": "libc-bin",
        "ls": "coreutils", "lspci": "pciutils", "perfquery": "infiniband-diags",
        "ps": "procps", "rdma": "iproute2", "readlink": "coreutils",
        "saquery": "infiniband-diags", "sminfo": "infiniband-diags",
        "smpquery": "infiniband-diags", "sudo": "sudo", "sysctl": "procps",
        "systemctl": "systemd", "tail": "coreutils",
    ]

    /// What only a vendor ships.
    static let vendors: Set<String> = [
        "ibdiagnet", "mlxlink", "nvidia-bug-report", "nvidia-smi",
    ]

    /// The lines of the blocks, and the commands named in the text with their paragraph.
    static func lines(_ text: String) -> [(line: String, context: String)] {
        let parts = text.components(separatedBy: "```").enumerated()
        let blocks = parts.filter { $0.offset % 2 == 1 }.flatMap {
            $0.element.split(whereSeparator: \.isNewline).dropFirst().map { String($0) }
        }
        let paragraphs = parts.filter { $0.offset % 2 == 0 }.flatMap {
            $0.element.components(separatedBy: "\n\n")
        }
        let named = paragraphs.flatMap { paragraph in
            paragraph.components(separatedBy: "`").enumerated()
                .filter { $0.offset % 2 == 1 && isCommand($0.element) }
                .map { (line: $0.element, context: paragraph) }
        }
        return blocks.map { (line: $0, context: $0) } + named
    }

    // Names of conditions and settings stand between backquotes as well.
    private static func isCommand(_ span: String) -> Bool {
        span.contains(" -") || vendors.contains(span)
    }

    /// The words of each command that a shell would start for a line.
    static func commands(_ line: String) -> [[String]] {
        var parts = [""]
        var quote: Character?
        var previous: Character = " "
        for character in line {
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "'" || character == "\"" {
                quote = character
            } else if character == "#" && previous == " " {
                break
            } else if "|;&()".contains(character) {
                parts.append("")
                previous = character
                continue
            }
            parts[parts.count - 1].append(character)
            previous = character
        }
        return parts.map { part in
            let words = part.split(whereSeparator: \.isWhitespace).map { String($0) }
            return Array(words.drop { $0.contains("=") })
        }
        .filter { !$0.isEmpty }
    }
}
