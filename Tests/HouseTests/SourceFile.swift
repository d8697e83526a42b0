/// A file of the repository: its path, its lines, and for Swift and C what the lexer saw in it.
struct SourceFile: Sendable {
    enum Language: Sendable {
        case swift, c, shell, other
    }

    /// Relative to the repository's root, with `/`.
    let path: String
    let language: Language
    let lines: [Substring]
    /// Empty unless the language is Swift or C.
    let code: Code

    init(path: String, text: String) {
        self.path = path
        language = Self.language(of: path, startingWith: text.prefix(40))
        lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { Substring($0) }
        code =
            switch language {
            case .swift, .c: Lexer.read(text, language: language)
            case .shell, .other: Code(tokens: [], comments: [:])
            }
    }

    private static func language(of path: String, startingWith start: Substring) -> Language {
        if path.hasSuffix(".swift") { return .swift }
        if path.hasSuffix(".c") || path.hasSuffix(".h") { return .c }
        let firstLine = start.prefix { $0 != "\n" }
        let isScript = firstLine.hasPrefix("#!") && firstLine.hasSuffix("sh")
        return path.hasSuffix(".sh") || isScript ? .shell : .other
    }

    var isSource: Bool { path.hasPrefix("Sources/") }
    var isTest: Bool { path.hasPrefix("Tests/") }

    /// The name of the directory below `Sources`; nil elsewhere.
    var roomName: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }

    var room: Room? { roomName.flatMap { Room.named[$0] } }

    /// Lines as an editor counts them: a final newline starts no line.
    var lineCount: Int { lines.last == "" ? lines.count - 1 : lines.count }
}

/// Swift or C text without its blanks.
struct Code: Sendable {
    let tokens: [Token]
    /// By line; a comment over several lines stands on each.
    let comments: [Int: Comment]
    /// Where each word stands, as indices into `tokens`.
    let places: [String: [Int]]

    init(tokens: [Token], comments: [Int: Comment]) {
        self.tokens = tokens
        self.comments = comments
        var places: [String: [Int]] = [:]
        for (index, token) in tokens.enumerated() where token.kind == .word {
            places[token.text, default: []].append(index)
        }
        self.places = places
    }

    /// The token there, or one without text beyond either end.
    subscript(index: Int) -> Token {
        tokens.indices.contains(index) ? tokens[index] : Token.none
    }

    /// The comment on the line itself and the block of whole-line comments that ends just above it.
    func remarks(at line: Int) -> [Comment] {
        var found = [comments[line]].compactMap(\.self)
        var above = line - 1
        while let comment = comments[above], comment.standsAlone {
            found.append(comment)
            above -= 1
        }
        return found
    }

    /// Whether a comment at the line or just above it has a word that begins with one of these.
    func isExplained(at line: Int, naming stems: [String]) -> Bool {
        remarks(at: line).contains { remark in
            remark.text.lowercased().split { !$0.isLetter }.contains { word in
                stems.contains { word.hasPrefix($0) }
            }
        }
    }

    /// The index of the bracket that closes the one at `start`, or of the last token.
    func closing(of start: Int) -> Int {
        let pair = [self[start].text, ["(": ")", "{": "}"][self[start].text]]
        var depth = 0
        for index in start..<tokens.count where tokens[index].kind == .symbol {
            if tokens[index].text == pair[0] { depth += 1 }
            if tokens[index].text == pair[1] { depth -= 1 }
            if depth == 0 { return index }
        }
        return tokens.count - 1
    }

    /// The index of the parenthesis that the one at `end` closes, or 0.
    func opening(of end: Int) -> Int {
        var depth = 0
        for index in stride(from: end, through: 0, by: -1) {
            if self[index].isSymbol(")") { depth += 1 }
            if self[index].isSymbol("(") { depth -= 1 }
            if depth == 0 { return index }
        }
        return 0
    }
}

struct Token: Sendable {
    enum Kind: Sendable {
        case word, number, symbol
        /// A piece of a string literal, without its quotes; interpolated code is not in it.
        case string
    }

    static let none = Token(kind: .symbol, text: "", line: 0, isJoined: false)

    let kind: Kind
    let text: String
    let line: Int
    /// Whether it follows the token before it without a blank.
    let isJoined: Bool

    func isSymbol(_ symbol: String) -> Bool { kind == .symbol && text == symbol }
}

struct Comment: Sendable {
    var text: String
    let isDocumentation: Bool
    /// Whether no code stands before it on its line.
    let standsAlone: Bool
}
