extension Sample {
    static let documentation: [Sample] = declarations + members

    private static let declarations: [Sample] = [
        "struct A {}", "enum A {}", "final class A {}", "actor A {}", "protocol A {}",
        "static func a() {}", "nonisolated(unsafe) static var a = 1", "let a = 1", "init() {}",
        "subscript(a: Int) -> Int { a }", "typealias A = Int", "mutating func a() {}",
        "private(set) var a = 1", "class func a() {}", "@inlinable func a() {}",
    ].map { declaration in
        let text = "package \(declaration)\n"
        return Sample(
            "undocumented", line: 3, bad: "// About it.\n\n" + text, good: "/// About it.\n" + text)
    }

    private static let members: [Sample] = [
        Sample(
            "undocumented", line: 4,
            bad: "/// Far off.\n\n@A(b: (1, 2))\nstatic package let a = 1\n",
            good: "/// Near.\n@A(b: (1, 2))\n@C\nstatic package let a = 1\n"),
        Sample(
            "undocumented", line: 2, bad: "let c = 1  /// Not about a.\npackage let a = 1\n",
            good: "/** About it.\n */\n// swift-format-ignore\npackage let a = 1\n"),
        Sample(
            "undocumented", line: 5,
            bad: """
                /// A source.
                package protocol Source: Sendable {
                    /// How many.
                    var count: Int { get }
                    func read() throws(Failure) -> [Int]
                }
                """,
            good: """
                /// A source.
                package protocol Source: Sendable {
                    /// What it reads.
                    associatedtype Value
                    /// How many.
                    static var count: Int { get }
                    /// Opens it.
                    init(path: String)
                }
                """),
        Sample(
            "undocumented", bad: "package var a: Int { 1 }\n",
            good: """
                package import Model
                package extension A {
                    func b() {}
                }
                protocol C {
                    func d()
                }
                let package = 1, e = a.package
                """),
        Sample(
            "undocumented", bad: "package enum A { case b }\n",
            good: "/// One of these.\npackage enum A {\n    case b, c\n    case d\n}\n"),
    ]
}

extension Sample {
    static let words: [Sample] = [
        Sample(
            "machine-path", in: "docs/a.md", line: 2, bad: "a\nsee /wo" + "rk/main\n",
            good: "see https://host/wo" + "rk/main and /var/lib\n"),
        Sample(
            "machine-path", in: "config/a.yaml", bad: "a: \"/ro" + "ot/a\"\n",
            good: "a: $sys/ro" + "ot/a\n"),
        Sample(
            "machine-path", in: "Tests/ModelTests/A.swift", bad: "let a = \"/tmp/" + "wt-a\"\n",
            good: "let a = \"/tmp/a\"\n"),
        Sample(
            "workplace-word", in: "Sources/Model/A.swift", bad: "// by a coll" + "eague\n",
            good: "// by an operator\n"),
        Sample(
            "workplace-word", in: "README.md", bad: "see shared/" + "reference/a.md\n",
            good: "see docs/decisions/1.md\n"),
    ]
}
