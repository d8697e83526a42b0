import Testing

@testable import Daemon

/// xorshift64* (Vigna 2016): the same texts for the same seed.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }
}

/// Whatever the file holds, reading it ends with settings or with refusals that have text.
struct SettingsFuzzTests {
    static let seeds = (0..<4).map { _ in UInt64.random(in: 1...UInt64.max) }

    private func check(_ bytes: [UInt8], _ seed: UInt64) {
        do {
            _ = try Settings.parse(bytes: bytes, file: "f")
        } catch {
            #expect(!error.diagnostics.isEmpty, "seed \(seed): refused without a word: \(bytes)")
            let lines = error.description.split(separator: "\n", omittingEmptySubsequences: false)
            let expected = error.diagnostics.count + (error.omitted > 0 ? 1 : 0)
            #expect(lines.count == expected, "seed \(seed): a message of several lines: \(bytes)")
        }
    }

    @Test(arguments: seeds)
    func randomBytes(seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        for _ in 0..<500 {
            let count = Int.random(in: 0...300, using: &generator)
            check((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }, seed)
        }
    }

    @Test(arguments: seeds)
    func randomTokens(seed: UInt64) {
        let tokens =
            ["\n", "\n  ", "\n    ", "- ", ": ", ":", "? ", "[", "]", "{", "}", ", ", "\"", "'"]
            + [
                "&a ", "*a ", "!t ", "| ", "> ", "# ", "---\n", "...\n", "%YAML 1.1\n", "\t", "é",
                "\0",
            ]
            + ["infiniband", "devices", "guid", "0x0002c90300000001", "probes", "name", "include"]
            + [
                "environment", "serve", "tcp", "127.0.0.1:0", "interval", "10s", "5", "<<",
                "\u{2028}",
            ]
        var generator = SeededGenerator(state: seed)
        for _ in 0..<1000 {
            let count = Int.random(in: 0...60, using: &generator)
            let text = (0..<count).map { _ in tokens.randomElement(using: &generator) ?? "" }
                .joined()
            check(Array(text.utf8), seed)
        }
    }

    @Test(arguments: seeds)
    func damagedExample(seed: UInt64) {
        let example = Array(SettingsReference.yaml.utf8)
        var generator = SeededGenerator(state: seed)
        for _ in 0..<50 {
            var bytes = example
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch UInt8.random(in: 0...2, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: place)
                default: bytes.insert(bytes.randomElement(using: &generator) ?? 0, at: place)
                }
            }
            check(bytes, seed)
        }
    }

    @Test(arguments: ["a:\n", "[", "- ", "{a: ", "a: {b: [", "? ", "\"", "a", "- - - - "])
    func aMebibyteOfOneThingIsRefusedSoon(piece: String) {
        let count = (1 << 20) / piece.utf8.count
        check(Array(String(repeating: piece, count: count).utf8), 0)
    }

    @Test func aMebibyteOfDifferentKeysIsRefusedSoon() {
        check(Array((0..<90_000).map { "k\($0): 1\n" }.joined().utf8.prefix(1 << 20)), 0)
    }
}

struct SettingsPartsTests {
    @Test(
        arguments: [
            ("", "", 0), ("abc", "abc", 0), ("abc", "acb", 1), ("kitten", "sitting", 3),
            ("a", "", 1),
            ("socket", "sokcet", 1), ("level", "lvel", 1),
        ])
    func distances(left: String, right: String, expected: Int) {
        #expect(Suggestion.distance(Array(left.utf8), Array(right.utf8)) == expected)
        #expect(Suggestion.distance(Array(right.utf8), Array(left.utf8)) == expected)
    }

    @Test func nothingIsSuggestedForWhatIsFarAway() {
        #expect(Suggestion.nearest(to: "gpu", among: ["node", "interval", "probe"]) == nil)
        #expect(Suggestion.nearest(to: "", among: ["node"]) == nil)
        #expect(Suggestion.nearest(to: String(repeating: "a", count: 9999), among: ["a"]) == nil)
    }

    @Test func quantitiesComeBackAsTheyWere() throws {
        for quantity in [Quantity.duration, .size] {
            for unit in quantity.units {
                for number in 1...100 {
                    let text = quantity.render(number * unit.amount)
                    #expect(try quantity.parse(text) == number * unit.amount, "\(text)")
                }
            }
        }
    }

    @Test func shownTextStaysOnOneShortLine() {
        #expect(YAMLNode.shown("a\nb\u{202E}") == "a\\nb\\u{202E}")
        #expect(YAMLNode.shown(String(repeating: "x", count: 100)).count == 63)
    }
}
