import Model

/// What the InfiniBand collector may touch, and how patiently it asks.
package struct InfiniBandConfiguration: Hashable, Sendable {
    /// Patterns `DEVICE` or `DEVICE/PORT` of what is collected; empty means everything.
    package var include: [String] = []
    /// Patterns `DEVICE` or `DEVICE/PORT` of what is left out; stronger than `include`.
    package var exclude: [String] = []
    /// The service level of performance queries, 0 to 15; a fabric with QoS routing may need
    /// another than 0 (IBTA volume 1, 13.5.4).
    package var serviceLevel: UInt8 = 0
    /// Datagrams that may be unanswered at a time, 1 to 128: the kernel's send queue holds 128.
    package var outstandingMADs: Int = 32
    /// How long one try waits for its answer.
    package var timeoutNanoseconds: UInt64 = 250_000_000
    /// How often a question is repeated that got no answer, 0 to 15.
    package var retries: Int = 1
    /// How often peers are identified anew, descriptions re-read and new devices looked for.
    package var identityIntervalNanoseconds: UInt64 = 60_000_000_000

    /// The defaults.
    package init() {}

    /// What one pass may take at most, however dead the fabric is: three questions asked one after
    /// the other that all go unanswered, `3 × timeout × (retries + 1)`.
    ///
    /// One batch of Q questions takes at most `⌈Q / outstandingMADs⌉ × timeout × (retries + 1)`;
    /// what the pass's budget cuts off is reported as timed out when it was sent and as skipped
    /// when it was not. Opening and describing devices is not in the budget: these calls do not
    /// wait for the fabric.
    package var passBudgetNanoseconds: UInt64 {
        let (product, overflow) = timeoutNanoseconds.multipliedReportingOverflow(
            by: 3 * UInt64(tries))
        return overflow ? .max : product
    }

    /// Tries per question, 1 to 16.
    var tries: Int { min(max(retries, 0), 15) + 1 }

    /// The number of datagrams that may be unanswered, within the kernel's limit.
    var window: Int { min(max(outstandingMADs, 1), 128) }
}

extension InfiniBandConfiguration {
    /// Whether any port of a device may be collected; a device that may not is never touched.
    package func mayTouch(device: String) -> Bool {
        let excluded = exclude.contains {
            let pattern = Self.split($0)
            return pattern.port == "*" && Glob.matches(pattern: pattern.device, text: device)
        }
        guard !excluded else { return false }
        return include.isEmpty
            || include.contains { Glob.matches(pattern: Self.split($0).device, text: device) }
    }

    /// Whether a port is collected.
    package func selects(device: String, port: UInt8) -> Bool {
        let covers = { (text: String) in
            let pattern = Self.split(text)
            return Glob.matches(pattern: pattern.device, text: device)
                && Glob.matches(pattern: pattern.port, text: String(port))
        }
        return (include.isEmpty || include.contains(where: covers))
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
