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
    .strictMemorySafety(),
]

let package = Package(
    name: "fleet-bench",
    targets: [
        .target(name: "Model", swiftSettings: bench),
        .target(name: "Health", dependencies: ["Model"], swiftSettings: bench),
        .executableTarget(
            name: "fleet-bench", dependencies: ["Health", "Model"], swiftSettings: bench),
    ],
    swiftLanguageModes: [.v6]
)
