import Model

extension InfiniBandReport {
    /// Whether there are ports and none of them could be used.
    var isUseless: Bool {
        !ports.isEmpty && ports.allSatisfy { $0.local.failure == .transport }
    }
}
