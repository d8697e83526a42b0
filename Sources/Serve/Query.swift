import Model

/// The query part of a request target, decoded and checked against what the path understands.
struct Query {
    private let values: [String: String]

    /// The parameters of `text`, which is what follows the `?`.
    init(_ text: Substring, of endpoint: Endpoint) throws(Problem) {
        var values: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try Self.decode(parts[0])
            guard endpoint.parameters.contains(name) else {
                throw Problem(.badParameter, Self.unknown(name, endpoint))
            }
            let value = try Self.decode(parts.count == 2 ? parts[1] : "")
            guard values.updateValue(value, forKey: name) == nil else {
                throw Problem(.badParameter, "\(name) is given twice")
            }
        }
        self.values = values
    }

    private static func unknown(_ name: String, _ endpoint: Endpoint) -> String {
        guard !endpoint.parameters.isEmpty else {
            return "\(endpoint.rawValue) takes no parameters, so not \"\(name)\" either"
        }
        let known = endpoint.parameters.joined(separator: ", ")
        return "\(endpoint.rawValue) has no parameter \"\(name)\"; it has: \(known)"
    }

    /// `strict`: 0 when absent.
    func strict() throws(Problem) -> Bool {
        switch values["strict"] {
        case nil, "0", "false": false
        case "1", "true": true
        case .some(let text): throw Problem(.badParameter, "strict is 0 or 1, not \"\(text)\"")
        }
    }

    var device: String? { values["device"] }

    var gpu: String? { values["gpu"] }

    /// `after`: the latest when absent.
    func after() throws(Problem) -> EventsSince {
        guard let text = values["after"] else { return .latest }
        if let id = Self.digits(text[...]) { return .id(id) }
        guard text.hasPrefix("e") else {
            throw Problem(
                .badParameter,
                "after is \"\(text)\", but should be the id of an event, 0 for the oldest that is "
                    + "kept, or the `next` of an earlier answer")
        }
        return .cursor(text)
    }

    /// The most events that one answer has.
    static let eventsMax = 1000

    /// `limit`: 100 when absent.
    func limit() throws(Problem) -> Int {
        guard let text = values["limit"] else { return 100 }
        guard let limit = Self.digits(text[...]).flatMap({ Int(exactly: $0) }),
            (1...Self.eventsMax).contains(limit)
        else {
            throw Problem(.badParameter, "limit is 1 to \(Self.eventsMax), not \"\(text)\"")
        }
        return limit
    }

    // A number without a sign; nil for anything else.
    private static func digits(_ text: Substring) -> UInt64? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt64(text) : nil
    }

    /// `end`: both when absent.
    func end() throws(Problem) -> String? {
        guard let end = values["end"] else { return nil }
        guard end == "local" || end == "peer" else {
            throw Problem(.badParameter, "end is local or peer, not \"\(end)\"")
        }
        return end
    }

    private static let moments =
        "a duration such as 90s, 5m, 1h or 2d, an RFC 3339 time such as 2026-02-03T04:05:06Z, "
        + "the `next` of an earlier answer, or mark:NAME"

    /// `since`: required.
    func since() throws(Problem) -> Since {
        guard let text = values["since"], !text.isEmpty else {
            throw Problem(.badParameter, "since is missing: give \(Self.moments)")
        }
        return try Self.moment(text, of: "since")
    }

    /// `until`: the newest pass when absent.
    func until() throws(Problem) -> Since? {
        guard let text = values["until"] else { return nil }
        return try Self.moment(text, of: "until")
    }

    /// The moment that a parameter names.
    static func moment(_ text: String, of parameter: String) throws(Problem) -> Since {
        if text.hasPrefix("p") { return .cursor(text) }
        if text.hasPrefix("mark:") { return .mark(try markName(text.dropFirst(5))) }
        if let milliseconds = Timestamp.milliseconds(text) {
            return .wall(milliseconds: milliseconds)
        }
        guard let milliseconds = durationMilliseconds(text) else {
            throw Problem(.badParameter, "\(parameter) is \"\(text)\", but should be \(moments)")
        }
        return .ago(milliseconds: milliseconds)
    }

    /// The name of a mark.
    static func markName(_ text: Substring) throws(Problem) -> GivenName {
        try name(text, of: "a mark")
    }

    /// The name that somebody gave something.
    static func name(_ text: Substring, of what: String) throws(Problem) -> GivenName {
        guard let name = GivenName(String(text)) else {
            throw Problem(
                .badParameter, "the name of \(what) is \(GivenName.expected), not \"\(text)\"")
        }
        return name
    }

    /// `author`: who asks for a change without a body.
    func author() throws(Problem) -> Author {
        try RequestBody.author(values["author"], "?author=ann")
    }

    /// Refuses `author` where a body has it, or nothing is changed.
    func refuseAuthor(_ method: Request.Method) throws(Problem) {
        guard method != .delete, values["author"] != nil else { return }
        throw Problem(.badParameter, "author goes with DELETE alone; PUT has it in its body")
    }

    /// The most names that one question may have.
    private static let namesMax = 50

    /// `name`: required, with commas between.
    func names() throws(Problem) -> [String] {
        let names = (values["name"] ?? "").split(separator: ",").map(String.init)
        guard (1...Self.namesMax).contains(names.count) else {
            throw Problem(
                .badParameter,
                "name has 1 to \(Self.namesMax) names of counters or gauges, with "
                    + "commas between")
        }
        return names
    }

    /// `step`: each pass is one when absent.
    func stepMilliseconds() throws(Problem) -> Int64? {
        guard let text = values["step"] else { return nil }
        guard let milliseconds = Self.durationMilliseconds(text), milliseconds > 0 else {
            throw Problem(
                .badParameter, "step is \"\(text)\", but should be a duration such as 30s or 1h")
        }
        return milliseconds
    }

    /// `function`: the last value when absent.
    func function() throws(Problem) -> RollupFunction {
        guard let text = values["function"] else { return .last }
        guard let function = RollupFunction(rawValue: text) else {
            let known = RollupFunction.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(.badParameter, "function is one of \(known), not \"\(text)\"")
        }
        return function
    }

    /// Digits and one unit; nil for anything else and for what Int64 cannot hold.
    static func durationMilliseconds(_ text: String) -> Int64? {
        let units: [Character: Int64] = ["s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        let digits = text.dropLast()
        guard let last = text.last, let unit = units[last],
            let count = Self.digits(digits).flatMap({ Int64(exactly: $0) })
        else { return nil }
        let (milliseconds, overflow) = count.multipliedReportingOverflow(by: unit)
        return overflow ? nil : milliseconds
    }

    /// Percent-decoding; a plus stays a plus, because the offset of a time has one.
    static func decode(_ text: Substring) throws(Problem) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, let high = hexValue(digits.first),
                let low = hexValue(digits.last)
            else { throw Problem(.badTarget, "\"\(text)\": two hex digits follow a percent sign") }
            bytes.append(high << 4 | low)
            rest = rest.dropFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw Problem(.badTarget, "\"\(text)\" is not UTF-8 when decoded")
        }
        return decoded
    }

    private static func hexValue(_ digit: UInt8?) -> UInt8? {
        switch digit {
        case .some(let digit) where (0x30...0x39).contains(digit): digit - 0x30
        case .some(let digit) where (0x41...0x46).contains(digit & 0xDF): (digit & 0xDF) - 0x37
        default: nil
        }
    }
}
