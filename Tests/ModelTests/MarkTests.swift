import Model
import Testing

@Suite struct MarkNameTests {
    @Test(arguments: ["T0", "a", "burn-in_7.2", "-", "...", String(repeating: "z", count: 64)])
    func aNameIsKeptAsItIs(text: String) {
        #expect(MarkName(text)?.description == text)
    }

    @Test(arguments: [
        "", ".", "..", "a b", "a/b", "a:b", "ä", "a\n", "a\0", "%41",
        String(repeating: "z", count: 65),
    ])
    func anythingElseIsNone(text: String) {
        #expect(MarkName(text) == nil)
    }
}

@Suite struct MarkNoteTests {
    @Test func aNoteHasItsBytesAndNoMore() {
        let longest = String(repeating: "ä", count: 128)
        #expect(MarkNote(longest)?.description == longest)
        #expect(MarkNote(longest + "a") == nil)
        #expect(MarkNote("") == MarkNote())
    }
}
