extension Rule {
    /// Rules on every text file, whatever its language.
    static let words: [Rule] = [
        Rule(name: "machine-path", why: "the repository knows no machine but the reader's") {
            file in
            file.lines(containing: machinePaths) { line, path in
                // `https://host/work/` and `$dir/root/` are not paths from the root.
                line.ranges(of: path).contains { range in
                    guard range.lowerBound > line.startIndex else { return true }
                    let before = line[line.index(before: range.lowerBound)]
                    return !(before.isLetter || before.isNumber || "._-/}*".contains(before))
                }
            }
        },
        Rule(name: "workplace-word", why: "the repository speaks of the product alone") { file in
            file.lines(containing: workplaceWords) { _, _ in true }
        },
    ]

    // Written in two pieces, so that this file keeps its own rules.
    private static let machinePaths = ["/wo" + "rk/", "/tmp/" + "wt", "/ro" + "ot/"]
    private static let workplaceWords = [
        "coll" + "eague", "work" + "tree", "sub" + "agent", "co-auth" + "ored-by",
        "shared/" + "reference", "shared/" + "design", "design" + ".md",
        "reference/" + "infiniband",
        "reference/" + "ibsim", "reference/" + "nvml", "reference/" + "storage", "style" + ".md",
    ]
}

extension SourceFile {
    fileprivate func lines(
        containing words: [String], where holds: (Substring, String) -> Bool
    ) -> [Rule.Breach] {
        lines.enumerated().flatMap { index, line in
            words.filter { line.contains($0) && holds(line, $0) }.map {
                Rule.Breach(line: index + 1, what: "`\($0)`")
            }
        }
    }
}
