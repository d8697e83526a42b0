extension Decoder {
    /// Throws `DecodingError.keyNotFound` for a key that an object must not have, and names those
    /// that it may: what is misspelt in a request must not be passed over.
    func refuseStrays<Keys: CodingKey & CaseIterable>(_ keys: Keys.Type) throws {
        let given = try container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
        let known = Keys.allCases.map(\.stringValue)
        guard let stray = given.sorted().first(where: { !known.contains($0) }) else { return }
        throw DecodingError.keyNotFound(
            AnyKey(stray),
            DecodingError.Context(
                codingPath: codingPath,
                debugDescription: "there is no key \"\(stray)\", but "
                    + known.joined(separator: ", ")))
    }
}

/// Any key of an object.
private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ text: String) {
        stringValue = text
    }

    init?(stringValue: String) {
        self.init(stringValue)
    }

    init?(intValue: Int) {
        nil
    }
}
