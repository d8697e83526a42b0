/// Splits Swift or C text into tokens and comments.
///
/// It knows strings, raw and multi-line strings, interpolation and nested comments, so that a brace
/// or a banned word in one of them is not taken for code. Regex literals it does not know.
struct Lexer {
    private let bytes: [UInt8]
    private let language: SourceFile.Language
    private var position = 0
    private var line = 1
    private var lastEnd = -1
    private var tokens: [Token] = []
    private var comments: [Int: Comment] = [:]

    static func read(_ text: String, language: SourceFile.Language) -> Code {
        var lexer = Lexer(bytes: Array(text.utf8), language: language)
        lexer.readCode(inInterpolation: false)
        return Code(tokens: lexer.tokens, comments: lexer.comments)
    }

    private init(bytes: [UInt8], language: SourceFile.Language) {
        self.bytes = bytes
        self.language = language
    }

    /// Reads to the end of the text, or to the parenthesis that ends an interpolation.
    private mutating func readCode(inInterpolation: Bool) {
        var depth = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\n"):
                line += 1
                position += 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                position += 1
            case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "/"):
                readLineComment()
            case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"):
                readBlockComment()
            case UInt8(ascii: "\""), UInt8(ascii: "#"), UInt8(ascii: "'"):
                readQuoted()
            case let byte where Self.startsWord(byte):
                let end = end(from: position + 1) { Self.isInWord($0) }
                emit(Self.isDigit(byte) ? .number : .word, to: end)
            case let byte where Self.isOperator(byte):
                emit(.symbol, to: endOfOperator())
            case let byte:
                if byte == UInt8(ascii: "(") { depth += 1 }
                if byte == UInt8(ascii: ")") {
                    if inInterpolation && depth == 0 { return }
                    depth -= 1
                }
                emit(.symbol, to: position + 1)
            }
        }
    }

    private func peek(_ offset: Int) -> UInt8 {
        position + offset < bytes.count ? bytes[position + offset] : 0
    }

    private func end(from start: Int, while holds: (UInt8) -> Bool) -> Int {
        var end = start
        while end < bytes.count, holds(bytes[end]) { end += 1 }
        return end
    }

    /// An operator ends where a comment begins.
    private func endOfOperator() -> Int {
        var end = position + 1
        while end < bytes.count, Self.isOperator(bytes[end]) {
            let next = end + 1 < bytes.count ? bytes[end + 1] : 0
            let isSlash = bytes[end] == UInt8(ascii: "/")
            if isSlash, next == UInt8(ascii: "/") || next == UInt8(ascii: "*") { break }
            end += 1
        }
        return end
    }

    private mutating func emit(_ kind: Token.Kind, to end: Int) {
        let text = String(decoding: bytes[position..<end], as: UTF8.self)
        append(kind, text, from: position, on: line)
        position = end
        lastEnd = end
    }

    private mutating func append(_ kind: Token.Kind, _ text: String, from start: Int, on line: Int)
    {
        tokens.append(Token(kind: kind, text: text, line: line, isJoined: start == lastEnd))
    }

    // Comments

    private mutating func readLineComment() {
        let end = end(from: position) { $0 != UInt8(ascii: "\n") }
        keepComment(from: position, to: end, isDocumentation: peek(2) == UInt8(ascii: "/"))
        position = end
    }

    private mutating func readBlockComment() {
        let isDocumentation = peek(2) == UInt8(ascii: "*")
        var depth = 0
        var start = position
        repeat {
            if peek(0) == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
                depth += language == .c && depth > 0 ? 0 : 1
                position += 2
            } else if peek(0) == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
                depth -= 1
                position += 2
            } else {
                if peek(0) == UInt8(ascii: "\n") {
                    keepComment(from: start, to: position, isDocumentation: isDocumentation)
                    line += 1
                    start = position + 1
                }
                position += 1
            }
        } while depth > 0 && position < bytes.count
        keepComment(from: start, to: position, isDocumentation: isDocumentation)
    }

    private mutating func keepComment(from start: Int, to end: Int, isDocumentation: Bool) {
        let text = String(decoding: bytes[start..<min(end, bytes.count)], as: UTF8.self)
        if comments[line] != nil {
            comments[line]?.text += text
        } else {
            comments[line] = Comment(
                text: text, isDocumentation: isDocumentation,
                standsAlone: tokens.last?.line != line)
        }
    }

    // Strings

    private mutating func readQuoted() {
        if language == .c {
            return peek(0) == UInt8(ascii: "#")
                ? emit(.symbol, to: position + 1) : readString(hashes: 0, quote: bytes[position])
        }
        let quoteAt = end(from: position) { $0 == UInt8(ascii: "#") }
        guard quoteAt < bytes.count, bytes[quoteAt] == UInt8(ascii: "\"") else {
            return emit(.symbol, to: position + 1)
        }
        let hashes = quoteAt - position
        position = quoteAt
        readString(hashes: hashes, quote: UInt8(ascii: "\""))
    }

    private mutating func readString(hashes: Int, quote: UInt8) {
        var start = position - hashes
        let firstLine = line
        let quotes = opensMultiline(quote) ? 3 : 1
        position += quotes
        var piece: [UInt8] = []
        while position < bytes.count, !closesString(quote, quotes: quotes, hashes: hashes) {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\n") {
                if quotes == 1 && language == .swift { break }
                line += 1
            }
            guard byte == UInt8(ascii: "\\"), isRun(of: UInt8(ascii: "#"), hashes, at: 1) else {
                piece.append(byte)
                position += 1
                continue
            }
            position += 1 + hashes
            if language == .swift, peek(0) == UInt8(ascii: "(") {
                append(.string, String(decoding: piece, as: UTF8.self), from: start, on: firstLine)
                piece = []
                readInterpolation()
                start = position
            } else if peek(0) != UInt8(ascii: "\n") {
                position += 1
            }
        }
        append(.string, String(decoding: piece, as: UTF8.self), from: start, on: firstLine)
        position = min(position + quotes + hashes, bytes.count)
        lastEnd = position
    }

    private mutating func readInterpolation() {
        emit(.symbol, to: position + 1)
        readCode(inInterpolation: true)
        if position < bytes.count { emit(.symbol, to: position + 1) }
    }

    private func opensMultiline(_ quote: UInt8) -> Bool {
        let after = peek(3)
        return language == .swift && isRun(of: quote, 3, at: 0)
            && (after == UInt8(ascii: "\n") || after == UInt8(ascii: "\r"))
    }

    private func closesString(_ quote: UInt8, quotes: Int, hashes: Int) -> Bool {
        isRun(of: quote, quotes, at: 0) && isRun(of: UInt8(ascii: "#"), hashes, at: quotes)
    }

    private func isRun(of byte: UInt8, _ count: Int, at offset: Int) -> Bool {
        for index in 0..<count where peek(offset + index) != byte { return false }
        return true
    }

    // Bytes

    private static func startsWord(_ byte: UInt8) -> Bool {
        isInWord(byte) || byte == UInt8(ascii: "`")
    }

    private static func isInWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default:
            false
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private static func isOperator(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "/"),
            UInt8(ascii: "="), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "!"),
            UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "^"), UInt8(ascii: "~"),
            UInt8(ascii: "%"), UInt8(ascii: "?"):
            true
        default:
            false
        }
    }
}
