extension Sample {
    static let rooms: [Sample] =
        imports + manifest + [
            Sample(
                "room-known", in: "Sources/Helpers/Text.swift", bad: "let a = 1\n",
                good: "let a = 1\n", goodIn: "Sources/Model/Text.swift"),
            Sample(
                "pure-room", in: "Sources/Health/Rule.swift", line: 2,
                bad: "// async await\npackage func judge() async {}\n",
                good: "// async await Mutex\nlet text = \"async\"\nlet kind = Kind.async\n"),
            Sample(
                "pure-room", in: "Sources/Model/Total.swift", bad: "let total = Mutex(0)\n",
                good: "let total = Mutex(0)\n", goodIn: "Sources/Serve/Total.swift"),
            Sample(
                "pure-room", in: "Sources/Wire/Time.swift", bad: "let start = clock.now\n",
                good: "self.now = now\nlet age = evidence.now - start\nlet is = anchor == .now\n"),
            Sample(
                "pure-room", in: "Sources/Wire/Time.swift", bad: "let start = f(.now() + 1)\n",
                good: "let start = moment.boot\n"),
            Sample(
                "pure-room", in: "Sources/Model/Moment.swift", bad: "let start = Date.now\n",
                good: "let start = moment.boot\n"),
            Sample(
                "pure-room", in: "Sources/Model/Jitter.swift", bad: "Int.random(in: 0..<9)\n",
                good: "Int.random(using: &generator)\n"),
            Sample(
                "pure-room", in: "Sources/Exposition/Text.swift", line: 2,
                bad: "func f() {\n    print(a)\n}\n", good: "func f() { text.print() }\n"),
        ]

    private static let imports: [Sample] = [
        ("package import Wire", "package import Model"),
        ("internal import Glibc", "internal import Model"),
        ("@testable import Serve", "@testable import Model"),
        ("import struct Synchronization.Mutex", "import struct Model.GUID"),
        ("@preconcurrency package import class Wire.Text", "import typealias Model.Text"),
        ("#if canImport(Glibc)\nimport Glibc\n#endif", "#if canImport(Glibc)\n#endif"),
        ("\"\"; import Wire", "// import Wire\nlet a = \"\"\"\n    import Wire\n    \"\"\""),
    ].map { bad, good in
        Sample(
            "room-imports", in: "Sources/Health/Rule.swift", line: bad.hasPrefix("#if") ? 2 : 1,
            bad: bad, good: good)
    }

    private static let manifest: [Sample] = [
        // An arrow too many, an arrow too few, a strange product, a room without a row.
        ("room(\"Health\", [\"Model\"])", "room(\"Health\", [\"Model\", \"Wire\"])"),
        ("room(\"Health\", [\"Model\"])", "room(\"Health\")"),
        ("[\"Model\", \"CSQLite\"])", "[\"Model\", \"CSQLite\"] + nio)"),
        ("room(\"Model\"),", "room(\"Model\"), room(\"Helpers\"),"),
    ].map { good, bad in
        let lines = goodManifest.split(separator: "\n", omittingEmptySubsequences: false)
        return Sample(
            "manifest-arrows", in: "Package.swift",
            line: lines.prefix { !$0.contains(good) }.count + 1,
            bad: goodManifest.replacing(good, with: bad), good: goodManifest)
    }

    private static let goodManifest = #"""
        func room(_ name: String) -> Target { .target(name: name) }
        let nio: [Target.Dependency] = [.product(name: "NIOCore", package: "swift-nio")]
        let parser = Target.Dependency.product(name: "ArgumentParser", package: "a")
        let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
        let package = Package(
            targets: [
                door("CInfiniBand", "libibmad", ["libibmad-dev"]),
                .target(name: "CNVML"),
                door("CSQLite", "sqlite3", []), door("CYAML", "yaml-0.1", []),
                door("CCurl", "libcurl", []), door("CZlib", "zlib", []),
                door("CLinux"),
                .target(name: "CPlaybooks"),
                room("Model"),
                room("Health", ["Model"]),
                room("Exposition", ["Model"]), room("Wire", ["Model"]),
                room("Collectors", ["Model", "CInfiniBand", "CLinux", "CNVML"]),
                room("History", ["Model", "CSQLite"]),
                room("Serve", ["Model", "Wire", "Exposition", "CZlib"] + nio),
                room("Push", ["Model", "Wire", "Exposition"]),
                room("Daemon", [
                    "Model", "Health", "Exposition", "Wire", "Collectors", "History", "Serve",
                    "Push", "CYAML", "CLinux", "CPlaybooks", logging,
                ]),
                main("fabricwatchd", ["Daemon", "Wire", parser]),
                main("fabricwatch", [
                    "Model", "Health", "Exposition", "Wire", "History", "CCurl", "CPlaybooks",
                    parser,
                ]),
                .target(name: "Fakes", dependencies: ["Collectors"], path: "Tests/Fakes"),
            ])
        """#
}
