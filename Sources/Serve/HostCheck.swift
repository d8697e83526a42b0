/// The guard against DNS rebinding.
///
/// A web page whose own name was made to point at this node could otherwise have a browser here
/// read the API for it. Its requests carry the page's name in `Host`.
struct HostCheck: Sendable {
    private let names: Set<String>

    /// Allows `localhost`, every IP address and the given names.
    init(names: [String]) {
        self.names = Set(names.map { $0.lowercased() } + ["localhost"])
    }

    /// Whether a client that asks for this `Host` means this server; the port does not matter.
    func allows(_ host: String) -> Bool {
        if host.hasPrefix("[") { return Self.isBracketedAddress(host) }
        let name = host.prefix { $0 != ":" }.lowercased()
        return names.contains(name) || Self.isIPv4(name)
    }

    // A browser puts an address there only when the page's own address is that one.
    private static func isIPv4(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func isBracketedAddress(_ host: String) -> Bool {
        let address = host.dropFirst().prefix { $0 != "]" }
        return address.count >= 2 && address.contains(":")
            && address.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
    }
}
