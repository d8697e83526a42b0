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
