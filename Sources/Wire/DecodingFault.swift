extension DecodingError {
    /// What is wrong with a document that could not be read, a few words.
    package var fault: String {
        func place(_ context: Context) -> String {
            let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
            return path.isEmpty ? "the document" : path.joined(separator: ".")
        }
        return switch self {
        case .keyNotFound(let key, let context): "no \(key.stringValue) in \(place(context))"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "an unexpected value at \(place(context))"
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            "an unexpected value at \(place(context))"
        default: "not JSON"
        }
    }
}
