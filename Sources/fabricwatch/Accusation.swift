/// Whether a count speaks against a part, said once for the counters of all documents.
enum Accusation {
    /// Traffic does not, nor does waiting for credits, which is not an error.
    static func isError(accuses: String?, unit: String) -> Bool {
        accuses.map { $0 != "nobody" && unit != "ticks" } ?? false
    }
}
