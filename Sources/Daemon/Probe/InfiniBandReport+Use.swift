import Model

extension InfiniBandReport {
    /// Whether there are ports that are not left alone, and none of them could be used.
    var isUseless: Bool {
        let asked = ports.filter { $0.local.failure != .leftAlone }
        return !asked.isEmpty && asked.allSatisfy { $0.local.failure == .transport }
    }
}
