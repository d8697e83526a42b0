import Model
import Testing

struct GlobTests {
    @Test(
        arguments: [
            ("", ""), ("*", ""), ("*", "mlx5_0"), ("**", "x"), ("mlx5_0", "mlx5_0"),
            ("mlx5_*", "mlx5_"), ("mlx5_*", "mlx5_10"), ("mlx5_?", "mlx5_7"), ("*_0", "mlx5_0"),
            ("m*5*0", "mlx5_0"), ("*a*b", "aab"), ("a*b*c", "abbbcbc"), ("?*?", "ab"),
            ("*/1", "mlx5_0/1"), ("?", "ß"), ("*", "*"), ("ib.0", "ib.0"), ("[01]", "[01]"),
        ])
    func covers(pattern: String, text: String) {
        #expect(Glob.matches(pattern: pattern, text: text))
    }

    @Test(
        arguments: [
            ("", "a"), ("a", ""), ("?", ""), ("?*?", "a"), ("mlx5_?", "mlx5_10"),
            ("mlx5_0", "mlx5_00"), ("mlx5_0", "MLX5_0"), ("*_0", "mlx5_1"), ("a*b*c", "abbb"),
            ("ib.0", "ibx0"), ("[01]", "0"), ("*a", "ab"),
        ])
    func doesNotCover(pattern: String, text: String) {
        #expect(!Glob.matches(pattern: pattern, text: text))
    }

    /// The definition itself, exponential and therefore only for short texts.
    private static func definition(_ pattern: Substring, _ text: Substring) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        let rest = pattern.dropFirst()
        if first == "*" {
            return definition(rest, text)
                || (!text.isEmpty && definition(pattern, text.dropFirst()))
        }
        guard let letter = text.first, first == "?" || first == letter else { return false }
        return definition(rest, text.dropFirst())
    }

    @Test func agreesWithTheDefinitionOnEveryShortPair() {
        let patterns = Self.words(over: ["a", "b", "*", "?"], upTo: 5)
        let texts = Self.words(over: ["a", "b"], upTo: 6)
        for pattern in patterns {
            for text in texts {
                let expected = Self.definition(pattern[...], text[...])
                guard Glob.matches(pattern: pattern, text: text) != expected else { continue }
                Issue.record("pattern '\(pattern)', text '\(text)'")
            }
        }
    }

    private static func words(over letters: [String], upTo length: Int) -> [String] {
        var words = [""]
        var longest = [""]
        for _ in 0..<length {
            longest = longest.flatMap { word in letters.map { word + $0 } }
            words += longest
        }
        return words
    }

    /// A matcher that reconsiders every star would need about 10^40 steps here.
    @Test func manyStarsStayCheap() {
        let pattern = String(repeating: "a*", count: 40) + "b"
        #expect(!Glob.matches(pattern: pattern, text: String(repeating: "a", count: 4000)))
    }
}
