/// A room of the house and what it may import: the arrows of the design, in one place.
struct Room: Sendable {
    enum Kind: Sendable {
        /// Standard library only: no file, socket, clock, lock or `async`.
        case pure
        /// Touches exactly one outside thing.
        case edge
        case wiring
        case main
        /// A C library's module map and shim.
        case door
    }

    let name: String
    let kind: Kind
    let imports: Set<String>

    private init(_ name: String, _ kind: Kind, _ imports: Set<String> = []) {
        self.name = name
        self.kind = kind
        self.imports = imports
    }

    static let all: [Room] = [
        Room("CInfiniBand", .door),
        Room("CNVML", .door),
        Room("CSQLite", .door),
        Room("CYAML", .door),
        Room("CCurl", .door),
        Room("CZlib", .door),
        Room("CLinux", .door),
        Room("CPlaybooks", .door),
        Room("Model", .pure),
        Room("Health", .pure, ["Model"]),
        Room("Exposition", .pure, ["Model"]),
        Room("Wire", .pure, ["Model"]),
        Room(
            "Collectors", .edge,
            ["Model", "CInfiniBand", "CLinux", "CNVML", "Glibc", "Synchronization"]),
        Room("History", .edge, ["Model", "CSQLite", "Glibc", "Synchronization"]),
        Room(
            "Serve", .edge,
            [
                "Model", "Wire", "Exposition", "CZlib", "NIOCore", "NIOPosix", "NIOHTTP1",
                "NIOConcurrencyHelpers", "FoundationEssentials", "Synchronization", "Glibc",
            ]),
        Room("Push", .edge, ["Model", "Wire", "Exposition", "Synchronization", "Glibc"]),
        Room(
            "Daemon", .wiring,
            [
                "Model", "Health", "Exposition", "Wire", "Collectors", "History", "Serve", "Push",
                "CYAML", "CLinux", "CPlaybooks", "Logging", "Glibc", "Synchronization",
                "FoundationEssentials",
            ]),
        Room("fabricwatchd", .main, ["Daemon", "Wire", "ArgumentParser", "Glibc"]),
        Room(
            "fabricwatch", .main,
            [
                "Model", "Health", "Exposition", "Wire", "History", "CCurl", "CPlaybooks",
                "ArgumentParser", "Glibc", "FoundationEssentials",
            ]),
    ]

    static let named = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}
