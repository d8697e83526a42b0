extension V1 {
    /// `/api/v1/events`: what happened, as the kernel log, NVML and the HCAs told it, the oldest
    /// first.
    package struct Events: Codable, Hashable, Sendable {
        /// The node's name.
        package var node: String
        /// When the document was put together.
        package var time: String
        /// The events in the order of their ids.
        package var events: [Event]
        /// What to give as `after` for what follows.
        package var next: String
        /// Whether nothing is missing between `after` and the first event here; otherwise events
        /// that came then are no longer kept.
        package var complete: Bool
        /// The lowest id that is kept; absent when none is.
        package var oldest: UInt64?
        /// The highest id that is kept; likewise.
        package var newest: UInt64?

        /// An events document.
        package init(
            node: String, time: String, events: [Event], next: String, complete: Bool,
            oldest: UInt64?, newest: UInt64?
        ) {
            self.node = node
            self.time = time
            self.events = events
            self.next = next
            self.complete = complete
            self.oldest = oldest
            self.newest = newest
        }
    }

    /// One event.
    package struct Event: Codable, Hashable, Sendable {
        /// The number of the event in this node's history; later events have higher ones.
        package var id: UInt64
        /// When it was seen first.
        package var time: String
        /// When it was seen last; of a flap of a link, when the link was up again.
        ///
        /// The same as `time` for anything else that was seen once.
        package var lastTime: String
        /// How often it was seen, at least 1.
        package var count: Int
        /// What happened: `xid`, `sxid`, `pcie_error`, `link_down` and so on.
        package var kind: String
        /// What it happened to: a PCI address or a name; absent for the node.
        package var device: String?
        /// The UUID of the GPU that it happened to.
        package var gpuUuid: String?
        /// The index of that GPU.
        package var gpuIndex: Int?
        /// The number in the vendor's catalogue, such as the Xid.
        package var number: Int?
        /// The NVLink, switch port or HCA port that is named.
        package var link: Int?
        /// The process that is named, `name (pid)`.
        package var process: String?
        /// What the text says of itself: `fatal`, `non_fatal` or `correctable`.
        package var severity: String?
        /// What helps, a word such as `reset_gpu`; absent where no catalogue speaks of it.
        package var remedy: String?
        /// What the number means, one sentence.
        package var meaning: String?
        /// What the registers or words of the text mean, one sentence.
        package var detail: String?
        /// Who told it: `kernel_log`, `nvml`, `verbs`; at least one.
        package var sources: [String]
        /// The id of the first event of the same device within 5 s, which this one most likely
        /// follows from; absent for the first.
        package var root: UInt64?
        /// The original text.
        package var line: String

        /// An event that was seen once, of which nothing is decoded.
        package init(id: UInt64, time: String, kind: String, sources: [String], line: String) {
            self.id = id
            self.time = time
            lastTime = time
            count = 1
            self.kind = kind
            self.sources = sources
            self.line = line
        }
    }
}
