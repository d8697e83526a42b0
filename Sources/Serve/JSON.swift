import FoundationEssentials
import NIOCore

/// The API's documents as JSON text.
enum JSON {
    /// Indented, with sorted keys.
    ///
    /// The reader of an incident has `curl` and no `jq`, and two answers can be compared with
    /// `diff`. Programs ask for gzip, which undoes the indentation.
    static func text(_ document: some Encodable) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(document)
        var text = ByteBuffer()
        text.reserveCapacity(data.count + 1)
        text.writeBytes(data)
        text.writeStaticString("\n")
        return text
    }
}
