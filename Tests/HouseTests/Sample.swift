/// Text that breaks a rule on one known line, and its neighbour that keeps it.
struct Sample: Sendable, CustomStringConvertible {
    let rule: String
    let path: String
    let bad: String
    let line: Int
    let good: String
    let goodPath: String

    init(
        _ rule: String, in path: String = "Sources/Daemon/Sample.swift", line: Int = 1,
        bad: String, good: String, goodIn goodPath: String? = nil
    ) {
        self.rule = rule
        self.path = path
        self.bad = bad
        self.line = line
        self.good = good
        self.goodPath = goodPath ?? path
    }

    var description: String { "\(rule) in \(path): \(bad.split(separator: "\n")[0].prefix(60))" }

    static let all: [Sample] = limits + rooms + bans + documentation + words
}

extension Sample {
    private static func file(lines: Int) -> String {
        String(repeating: "let a = 1\n", count: lines)
    }

    /// A function whose body has strings, closures and comments with braces in it.
    private static func function(_ head: String, lines: Int) -> String {
        let start = [head, "    let text = \"{ \\(a.map { $0 }) \" // {", "    f { g() }"]
        let filler = Array(repeating: "    step()", count: lines - start.count - 1)
        return (start + filler + ["}"]).joined(separator: "\n") + "\n"
    }

    private static func type(_ name: String, with members: String...) -> String {
        "struct \(name): P {\n    let a = 1\n" + members.joined(separator: "\n") + "}\n"
    }

    static let limits: [Sample] = [
        Sample("file-length", line: 401, bad: file(lines: 401), good: file(lines: 400)),
        Sample(
            "file-length", in: "Sources/Model/PortCounters.swift", line: 601,
            bad: file(lines: 601), good: file(lines: 600)),
        Sample(
            "file-length", in: "Sources/Daemon/PortCounters.swift", line: 401,
            bad: file(lines: 401), good: file(lines: 400)),
        Sample(
            "file-length", in: "Sources/CNVML/nvml.c", line: 401,
            bad: file(lines: 401), good: file(lines: 400)),
        Sample(
            "file-length", in: "deploy/run", line: 401,
            bad: "#!/usr/bin/env bash\n" + file(lines: 400), good: file(lines: 401)),
        Sample(
            "function-length", bad: function("func f(g: () -> Int = { 1 }) {", lines: 61),
            good: function("func f() {", lines: 60)),
        Sample(
            "function-length", line: 3, bad: type("A", with: function("init() {", lines: 61)),
            good: type(
                "A", with: function("init() {", lines: 40), function("deinit {", lines: 40))),
        Sample(
            "function-length", line: 3,
            bad: type("A", with: function("var size: Int {", lines: 61)),
            good: type("A", with: function("class func b() {", lines: 60))),
        Sample(
            "function-length", line: 3,
            bad: type("A", with: function("subscript(_ i: Int) -> Int {", lines: 61)),
            good: type("A", with: function("let render: () -> Void = {", lines: 60))),
        Sample(
            "function-length", in: "Sources/CNVML/nvml.c",
            bad: function("int f(void) {", lines: 61), good: function("int f(void) {", lines: 60)),
        Sample(
            "line-length", line: 2, bad: "let a = 1\n" + String(repeating: "a", count: 101),
            good: String(repeating: "é", count: 100)),
        Sample(
            "line-length", in: "deploy/run.sh", bad: String(repeating: "#", count: 101),
            good: String(repeating: "#", count: 100)),
    ]
}
