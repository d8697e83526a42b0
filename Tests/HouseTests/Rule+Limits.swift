extension Rule {
    private static let fileLinesMax = 400
    private static let tableLinesMax = 600
    private static let bodyLinesMax = 60
    private static let columnsMax = 100

    static let limits: [Rule] = [
        Rule(name: "file-length", why: "a file is read in one sitting; split it by subject") {
            file in
            guard file.language != .other else { return [] }
            let limit = isTable(file) ? tableLinesMax : fileLinesMax
            guard file.lineCount > limit else { return [] }
            return [Breach(line: limit + 1, what: "\(file.lineCount) lines, at most \(limit)")]
        },
        Rule(name: "function-length", why: "a function is seen at a glance; name its parts") {
            file in
            file.code.bodies(language: file.language)
                .filter { $0.lineCount > bodyLinesMax }
                .map { body in
                    Breach(
                        line: body.firstLine,
                        what: "\(body.name) has \(body.lineCount) lines, at most \(bodyLinesMax)")
                }
        },
        Rule(name: "line-length", why: "two files fit side by side") { file in
            guard file.language != .other else { return [] }
            return file.lines.enumerated().compactMap { index, line in
                guard line.utf8.count > columnsMax, line.count > columnsMax else { return nil }
                return Breach(line: index + 1, what: "\(line.count) columns, at most \(columnsMax)")
            }
        },
    ]

    /// A pure room's table of counters or conditions, which a limit would only cut in two.
    private static func isTable(_ file: SourceFile) -> Bool {
        guard file.room?.kind == .pure else { return false }
        return ["Table.swift", "Counters.swift", "Catalog.swift"].contains {
            file.path.hasSuffix($0)
        }
    }
}

/// The braces of a function, initialiser, accessor or closure that stands in a type or a file.
struct Body: Sendable {
    let name: String
    let firstLine: Int
    let lastLine: Int

    var lineCount: Int { lastLine - firstLine + 1 }
}

extension Code {
    private static let typeWords: Set = [
        "struct", "class", "enum", "actor", "extension", "protocol",
    ]
    private static let memberWords: Set = ["func", "init", "deinit", "subscript", "var", "let"]

    func bodies(language: SourceFile.Language) -> [Body] {
        switch language {
        case .swift: swiftBodies()
        case .c: cBodies()
        case .shell, .other: []
        }
    }

    /// Every outermost brace that is not a type's; its first line is that of its declaration.
    private func swiftBodies() -> [Body] {
        var bodies: [Body] = []
        var declared: (name: String, line: Int)?
        var opensType = false
        var parentheses = 0
        var index = 0
        while index < tokens.count {
            let token = tokens[index]
            switch token.text {
            case _ where token.kind == .string: break
            case "(", "[": parentheses += 1
            case ")", "]": parentheses -= 1
            case "{" where opensType && parentheses == 0:
                opensType = false
                declared = nil
            case "{":
                let end = closing(of: index)
                bodies.append(
                    Body(
                        name: declared?.name ?? "closure",
                        firstLine: declared?.line ?? token.line, lastLine: self[end].line))
                declared = nil
                index = end
            case let word where parentheses == 0 && self[index - 1].text != ".":
                let next = self[index + 1]
                if Self.memberWords.contains(word) {
                    opensType = false
                    declared = (next.kind == .word ? next.text : word, token.line)
                } else if Self.typeWords.contains(word), next.kind == .word {
                    opensType = true
                }
            default: break
            }
            index += 1
        }
        return bodies
    }

    /// In C a function is a brace after a parenthesis.
    private func cBodies() -> [Body] {
        var bodies: [Body] = []
        var index = 0
        while index < tokens.count {
            if tokens[index].isSymbol("{"), self[index - 1].isSymbol(")") {
                let end = closing(of: index)
                let opening = opening(of: index - 1)
                bodies.append(
                    Body(
                        name: self[opening - 1].text, firstLine: self[opening].line,
                        lastLine: self[end].line))
                index = end
            }
            index += 1
        }
        return bodies
    }
}
