import Model
import Testing

@Suite struct GivenNameTests {
    @Test(arguments: ["T0", "a", "burn-in_7.2", "-", "...", String(repeating: "z", count: 64)])
    func aNameIsKeptAsItIs(text: String) {
        #expect(GivenName(text)?.description == text)
    }

    @Test(arguments: [
        "", ".", "..", "a b", "a/b", "a:b", "ä", "a\n", "a\0", "%41",
        String(repeating: "z", count: 65),
    ])
    func anythingElseIsNone(text: String) {
        #expect(GivenName(text) == nil)
    }
}

@Suite struct NoteTests {
    @Test func aNoteHasItsBytesAndNoMore() {
        let longest = String(repeating: "ä", count: 128)
        #expect(Note(longest)?.description == longest)
        #expect(Note(longest + "a") == nil)
        #expect(Note("") == Note())
    }
}

@Suite struct AuthorTests {
    @Test(arguments: [
        "a", "ann", "uid 1000", " ann ", "Ådne ☃",
        String(repeating: "a", count: 64),
    ])
    func anAuthorIsKeptAsItIs(text: String) {
        #expect(Author(text)?.description == text)
    }

    @Test(arguments: [
        "", " ", "\u{3000} ", "a\nb", "a\0", "\u{7F}", "a\tb", String(repeating: "ä", count: 33),
    ])
    func anythingElseIsNone(text: String) {
        #expect(Author(text) == nil)
    }
}
