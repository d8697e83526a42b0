import Testing

/// The rules of the house, each kept by the whole tree and each able to fail.
@Suite struct HouseTests {
    @Test(arguments: Rule.all)
    func `the tree keeps`(_ rule: Rule) {
        for finding in Repository.files.flatMap(rule.findings(in:)) {
            Issue.record("\(finding)")
        }
    }

    @Test func `the tree is seen`() {
        let expected: Set = ["Package.swift", "Makefile", ".ci/run", "Sources/CZlib/shim.h"]
        #expect(expected.subtracting(Repository.files.map(\.path)) == [])
        let rooms = Set(Room.all.map(\.name))
        #expect(rooms.subtracting(Repository.files.compactMap(\.roomName)) == [])
    }

    @Test(arguments: Sample.all)
    func `a bad sample is found on its line`(_ sample: Sample) throws {
        let rule = try #require(Rule.all.first { $0.name == sample.rule })
        let found = rule.findings(in: SourceFile(path: sample.path, text: sample.bad))
        #expect(found.map(\.line) == [sample.line], "\(found)")
        #expect(found.allSatisfy { $0.description.hasPrefix("\(sample.path):\(sample.line): ") })
    }

    @Test(arguments: Sample.all)
    func `a good sample passes`(_ sample: Sample) throws {
        let rule = try #require(Rule.all.first { $0.name == sample.rule })
        let found = rule.findings(in: SourceFile(path: sample.goodPath, text: sample.good))
        #expect(found.isEmpty, "\(found)")
    }

    @Test(arguments: Rule.all)
    func `a rule has samples`(_ rule: Rule) {
        #expect(Sample.all.contains { $0.rule == rule.name })
    }

    @Test func `the lexer tells code from strings and comments`() {
        let text = #"""
            let a = "x { \(f("}")) // no" /* { /* nested */ } */ + b
            let c = #"raw " \( {"# // why {
            let d = """
                " { """ + e!
            """#
        let code = Lexer.read(text, language: .swift)
        let words = code.tokens.filter { $0.kind == .word }.map(\.text)
        #expect(words == ["let", "a", "f", "b", "let", "c", "let", "d", "e"])
        #expect(!code.tokens.contains { $0.isSymbol("{") || $0.isSymbol("}") })
        #expect(code.comments.keys.sorted() == [1, 2])
        #expect(code.tokens.last?.line == 4)
    }
}
