import Model

extension InfiniBandConfiguration {
    /// Tries per question, 1 to 16.
    var tries: Int { min(max(retries, 0), 15) + 1 }

    /// The number of datagrams that may be unanswered, within the kernel's limit.
    var window: Int { min(max(outstandingMADs, 1), 128) }

    /// Whether any port of a device is collected, of those that it has; without numbers, whether
    /// one could be.
    ///
    /// A device of which none is collected is never touched.
    package func mayTouch(device: String, ports: [UInt8] = []) -> Bool {
        guard !stopped.contains(device) else { return false }
        guard ports.isEmpty else {
            return ports.contains { selects(device: device, port: $0) }
        }
        let excluded = exclude.contains {
            let pattern = Self.split($0)
            return pattern.port == "*" && Glob.matches(pattern: pattern.device, text: device)
        }
        let covers = { (text: String) in
            Glob.matches(pattern: Self.split(text).device, text: device)
        }
        return !excluded && within.contains(where: covers) && include.contains(where: covers)
    }

    /// Whether a port is collected.
    package func selects(device: String, port: UInt8) -> Bool {
        let covers = { (text: String) in
            let pattern = Self.split(text)
            return Glob.matches(pattern: pattern.device, text: device)
                && Glob.matches(pattern: pattern.port, text: String(port))
        }
        return within.contains(where: covers) && include.contains(where: covers)
            && !exclude.contains(where: covers)
    }

    private static func split(_ pattern: String) -> (device: String, port: String) {
        guard let slash = pattern.lastIndex(of: "/") else { return (pattern, "*") }
        return (String(pattern[..<slash]), String(pattern[pattern.index(after: slash)...]))
    }
}

/// The order in which people expect numbered names: `mlx5_2` before `mlx5_10`.
enum NaturalOrder {
    static func isBefore(_ left: String, _ right: String) -> Bool {
        var (left, right) = (Substring(left), Substring(right))
        while let first = left.first, let second = right.first {
            if first.isASCIIDigit, second.isASCIIDigit {
                let (a, b) = (number(&left), number(&right))
                if a != b { return (a.utf8.count, a) < (b.utf8.count, b) }
            } else {
                if first != second { return first < second }
                left.removeFirst()
                right.removeFirst()
            }
        }
        return left.isEmpty && !right.isEmpty
    }

    // The digits at the front without leading zeros: their number orders before their text does.
    private static func number(_ text: inout Substring) -> Substring {
        let digits = text.prefix(while: \.isASCIIDigit)
        text = text.dropFirst(digits.count)
        return digits.drop { $0 == "0" }
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
