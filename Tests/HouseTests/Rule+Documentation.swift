extension Rule {
    static let documentation: [Rule] = [
        Rule(
            name: "undocumented", why: "what another room sees says what it is, its unit and source"
        ) { file in
            guard file.isSource, file.language == .swift else { return [] }
            let code = file.code
            return code.declarationsToDocument()
                .filter { !code.isDocumented($0.index) }
                .map { Breach(line: code[$0.index].line, what: "no doc comment on \($0.name)") }
        }
    ]
}

extension Code {
    private static let documented: Set = [
        "struct", "class", "enum", "actor", "protocol", "func", "var", "let", "init", "subscript",
        "typealias", "associatedtype", "macro",
    ]
    private static let modifiers: Set = [
        "package", "static", "final", "class", "nonisolated", "mutating", "nonmutating", "override",
        "convenience", "required", "indirect", "consuming", "borrowing", "unsafe", "lazy", "weak",
        "unowned", "dynamic", "optional", "prefix", "postfix", "infix", "isolated", "private",
        "fileprivate", "internal",
    ]

    /// The keywords of all `package` declarations and of the requirements of `package` protocols.
    fileprivate func declarationsToDocument() -> [(index: Int, name: String)] {
        (places["package"] ?? []).flatMap { start -> [(index: Int, name: String)] in
            guard let keyword = keyword(after: start) else { return [] }
            let requirements = self[keyword].text == "protocol" ? requirements(of: keyword) : []
            return [(keyword, name(at: keyword))] + requirements
        }
    }

    /// The keyword of the declaration that `package` at `start` is a modifier of, if it is one.
    private func keyword(after start: Int) -> Int? {
        guard self[start - 1].text != ".", !self[start + 1].isSymbol("(") else { return nil }
        var index = start + 1
        while index < tokens.count {
            let text = self[index].text
            let isModifier = Self.modifiers.contains(text)
            // `class func` is a modifier and a keyword, `class Name` a keyword.
            let next = self[index + 1].text
            let isClassMember =
                text == "class" && (Self.documented.contains(next) || Self.modifiers.contains(next))
            if Self.documented.contains(text), !isClassMember { return index }
            guard isModifier || text == "@" || self[index - 1].text == "@" else { return nil }
            index += 1
            if self[index].isSymbol("("), self[index].isJoined {
                index = closing(of: index) + 1
            }
        }
        return nil
    }

    private func requirements(of protocolKeyword: Int) -> [(index: Int, name: String)] {
        guard
            let start = (protocolKeyword..<tokens.count).first(where: { tokens[$0].isSymbol("{") })
        else { return [] }
        let end = closing(of: start)
        var found: [(index: Int, name: String)] = []
        var index = start + 1
        while index < end {
            if tokens[index].isSymbol("{") {
                index = closing(of: index)
            } else if Self.documented.contains(tokens[index].text), self[index - 1].text != "." {
                found.append((index, name(at: index)))
            }
            index += 1
        }
        return found
    }

    private func name(at keyword: Int) -> String {
        let next = self[keyword + 1]
        return next.kind == .word ? "\(self[keyword].text) \(next.text)" : self[keyword].text
    }

    /// Whether a doc comment stands above the first attribute or modifier of the declaration.
    fileprivate func isDocumented(_ keyword: Int) -> Bool {
        let line = self[firstToken(of: keyword)].line
        return remarks(at: line).contains { $0.isDocumentation && $0.standsAlone }
    }

    private func firstToken(of keyword: Int) -> Int {
        var first = keyword
        while first > 0 {
            let before = self[first - 1]
            if before.kind == .word, Self.modifiers.contains(before.text) {
                first -= 1
            } else if before.kind == .word, self[first - 2].isSymbol("@") {
                first -= 2
            } else if before.isSymbol(")") {
                let word = opening(of: first - 1) - 1
                let isAttribute = self[word - 1].isSymbol("@")
                guard isAttribute || Self.modifiers.contains(self[word].text) else { break }
                first = isAttribute ? word - 1 : word
            } else {
                break
            }
        }
        return first
    }
}
