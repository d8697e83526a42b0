/// Whether a count speaks against a part, said once for the counters of all documents.
enum Accusation {
    /// Traffic does not, nor does waiting for credits, which is not an error; a counter that no
    /// table has any more may.
    static func isError(accuses: String?, unit: String) -> Bool {
        accuses != "nobody" && unit != "ticks"
    }
}
