// swift-tools-version: 6.3
import PackageDescription

// One settings list for every Swift target of the product, so that no room is checked less than
// its neighbours.
let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .treatAllWarnings(as: .error),
]

// Tests leave out strict memory safety, which there would only mark every call of a C oracle.
let testing: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]

// A C door: a module map and a shim, no logic.
func door(_ name: String, _ pkgConfig: String? = nil, _ packages: [String] = []) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt(packages)])
}

// A room of the product (docs: README.md, "The house").
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

// A main: arguments in, exit code out.
//
// The static standard library asks for all symbols to be exported, which nobody looks up and which
// costs 1 MB of the file and of the memory.
func main(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, swiftSettings: strict,
        linkerSettings: [.unsafeFlags(["-Xlinker", "--no-export-dynamic"])])
}

// A libnvidia-ml to open in place of the real one: Tests/FakeNVML/README.md. It is all C, and the
// flags keep the Swift runtime out of the process that opens it.
func fakeNVML(_ name: String, _ folder: String) -> Target {
    .target(
        name: name, dependencies: ["CNVML"], path: "Tests/FakeNVML/" + folder,
        publicHeadersPath: ".",
        linkerSettings: [.unsafeFlags(["-nostartfiles", "-static-stdlib"])])
}

func suite(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: testing)
}

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
]
let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
    name: "fabricwatch",
    products: [
        .executable(name: "fabricwatchd", targets: ["fabricwatchd"]),
        .executable(name: "fabricwatch", targets: ["fabricwatch"]),
        .library(name: "FakeNVML", type: .dynamic, targets: ["FakeNVML"]),
        .library(name: "FakeNVML580", type: .dynamic, targets: ["FakeNVML580"]),
        .library(name: "FakeNVML550", type: .dynamic, targets: ["FakeNVML550"]),
        .library(name: "FakeNVML450", type: .dynamic, targets: ["FakeNVML450"]),
        .library(name: "FakeNVMLEmpty", type: .dynamic, targets: ["FakeNVMLEmpty"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    ],
    targets: [
        // The C doors.
        door("CInfiniBand", "libibmad", ["libibmad-dev", "libibumad-dev", "libibverbs-dev"]),
        .target(name: "CNVML"),
        door("CSQLite", "sqlite3", ["libsqlite3-dev"]),
        door("CYAML", "yaml-0.1", ["libyaml-dev"]),
        door("CCurl", "libcurl", ["libcurl4-openssl-dev"]),
        door("CZlib", "zlib", ["zlib1g-dev"]),
        door("CLinux"),
        .target(name: "CPlaybooks"),

        // The rooms, in the order of a counter's journey.
        room("Model"),
        room("Health", ["Model"]),
        room("Exposition", ["Model"]),
        room("Wire", ["Model"]),
        room("Collectors", ["Model", "CInfiniBand", "CLinux", "CNVML"]),
        room("History", ["Model", "CSQLite"]),
        room("Serve", ["Model", "Wire", "Exposition", "CZlib"] + nio),
        // CCurl joins with the first thing that is pushed: linking libcurl maps 25 libraries.
        room("Push", ["Model", "Wire", "Exposition"]),
        room(
            "Daemon",
            [
                "Model", "Health", "Exposition", "Wire", "Collectors", "History", "Serve", "Push",
                "CYAML", "CLinux", "CPlaybooks", logging,
            ]),

        // The two mains.
        main("fabricwatchd", ["Daemon", "Wire", argumentParser]),
        main(
            "fabricwatch",
            [
                "Model", "Health", "Exposition", "Wire", "History", "CCurl", "CPlaybooks",
                argumentParser,
            ]),

        // What plays the hardware, and the suites.
        .target(
            name: "Fakes", dependencies: ["Model", "Collectors", "CInfiniBand"],
            path: "Tests/Fakes", swiftSettings: testing),
        .target(
            name: "HistoryScript", dependencies: ["Model", "History"],
            path: "Tests/HistoryScript", swiftSettings: testing),
        .executableTarget(
            name: "history-writer", dependencies: ["History", "HistoryScript"],
            path: "Tests/HistoryWriter", swiftSettings: testing),
        fakeNVML("FakeNVML", "R610"),
        fakeNVML("FakeNVML580", "R580"),
        fakeNVML("FakeNVML550", "R550"),
        fakeNVML("FakeNVML450", "R450"),
        fakeNVML("FakeNVMLEmpty", "Empty"),
        suite("ModelTests", ["Model"]),
        suite("HealthTests", ["Health", "Model"]),
        suite("ExpositionTests", ["Exposition", "Model"]),
        suite("WireTests", ["Wire", "Model"]),
        suite("CollectorsTests", ["Collectors", "Model", "Fakes", "CInfiniBand", "CNVML"]),
        suite(
            "HistoryTests", ["History", "Model", "CSQLite", "HistoryScript", "history-writer"]),
        suite("ServeTests", ["Serve", "Model", "Wire", "Exposition"] + nio),
        suite(
            "DaemonTests",
            [
                "Daemon", "Model", "Health", "Exposition", "Wire", "Collectors", "History", "Serve",
                "CLinux", "CSQLite",
            ]),
        suite("EndToEndTests", ["Model", "Health", "Wire", "History", "Fakes"]),
        suite("HouseTests", []),
    ],
    swiftLanguageModes: [.v6]
)
