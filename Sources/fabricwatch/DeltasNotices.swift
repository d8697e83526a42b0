import Wire

/// Where a window is not what was asked for: which parts were not observed all through it, and of
/// which counters nothing is known.
///
/// What holds of many counters, NVLinks and GPUs alike is said once.
struct DeltasNotices {
    /// The notices, in the order of the parts.
    private(set) var lines: [String] = []

    private struct Notice {
        let text: String
        var parts: [V1.DeltaSeries] = []
        /// Counters that it stands for; 0 when it is about the parts themselves.
        var counters = 0
    }

    private var notices: [Notice] = []

    /// The notices about these parts of a window, which are in order.
    init(_ parts: [V1.DeltaSeries], in window: V1.Deltas, choice: DeltasChoice) {
        for part in parts {
            if part.stale { note("not observed in the last pass, last at \(part.to)", part) }
            if part.from != window.from.time { note("counted from \(part.from)", part) }
            for (reason, count) in part.folded(choice).sorted(by: { $0.key < $1.key }) {
                if part.stale, reason == "not_observed" { continue }
                note(reason, part, counters: count)
            }
        }
        let kind = choice == .errors ? "error counters" : "counters"
        for notice in notices {
            let text =
                notice.counters == 0
                ? notice.text
                : "\(notice.counters) \(kind) uncertain (\(notice.text)), --all shows them"
            lines += Self.places(notice.parts).map { "\($0): \(text)" }
        }
    }

    private mutating func note(_ text: String, _ part: V1.DeltaSeries, counters: Int = 0) {
        let index =
            notices.firstIndex { $0.text == text && ($0.counters > 0) == (counters > 0) }
            ?? notices.endIndex
        if index == notices.endIndex { notices.append(Notice(text: text)) }
        notices[index].parts.append(part)
        notices[index].counters += counters
    }

    /// The parts of one GPU.
    private struct Parts: Equatable {
        var hasGPU = false
        var links: [Int] = []

        var suffix: String {
            let numbers = links.map(String.init).joined(separator: ", ")
            switch (hasGPU, links.count) {
            case (_, 0): return ""
            case (true, 1): return " and link \(numbers)"
            case (true, _): return " and \(links.count) links"
            case (false, 1): return " link \(numbers)"
            case (false, _): return " links \(numbers)"
            }
        }
    }

    // Cables and what is gone one by one; GPUs with the same parts together.
    private static func places(_ series: [V1.DeltaSeries]) -> [String] {
        var places: [String] = []
        var gpus: [(index: Int, parts: Parts)] = []
        for part in series {
            guard part.address == nil, part.device == nil, let index = part.gpuIndex else {
                places.append(part.place)
                continue
            }
            if gpus.last?.index != index { gpus.append((index, Parts())) }
            if let link = part.link {
                gpus[gpus.count - 1].parts.links.append(link)
            } else {
                gpus[gpus.count - 1].parts.hasGPU = true
            }
        }
        while let first = gpus.first {
            let alike = gpus.filter { $0.parts == first.parts }.map { String($0.index) }
            gpus.removeAll { $0.parts == first.parts }
            places.append("gpu \(alike.joined(separator: ", "))\(first.parts.suffix)")
        }
        return places
    }
}

extension V1.DeltaSeries {
    private static let foldedMin = 3

    /// How many counters of which nothing is known a notice stands for, by reason: those of a part
    /// that is not observed or begins anew would fill the page.
    func folded(_ choice: DeltasChoice) -> [String: Int] {
        guard choice != .all else { return [:] }
        let open = counters.filter { $0.isOpen && (choice == .counted || $0.isError) }
        return Dictionary(grouping: open, by: \.reason).mapValues(\.count)
            .filter { $0.value >= Self.foldedMin }
    }

    fileprivate var place: String {
        if let address { return "PCI function \(address)" }
        guard let device, let port, let end else { return "\(key), no longer connected" }
        return "\(device) port \(port) \(end) end"
    }
}
