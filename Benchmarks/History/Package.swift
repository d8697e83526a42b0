// swift-tools-version: 6.3
import PackageDescription

// As in the product's manifest. `package` access does not cross packages, so the rooms that are
// measured are targets of this one, by symbolic links.
let bench: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .treatAllWarnings(as: .error),
]

// What is the bench's own goes without: every call of the kernel would have to be marked.
let strict = bench + [.strictMemorySafety()]

let package = Package(
    name: "history-bench",
    targets: [
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .target(name: "Model", swiftSettings: strict),
        .target(name: "History", dependencies: ["Model", "CSQLite"], swiftSettings: strict),
        .target(name: "NodeTrace", dependencies: ["Model"], swiftSettings: bench),
        .executableTarget(
            name: "history-bench", dependencies: ["History", "Model", "NodeTrace"],
            swiftSettings: bench),
    ],
    swiftLanguageModes: [.v6]
)
