import Model
import Testing

@Suite struct NodeEventTests {
    private func event(_ kind: NodeEvent.Kind, _ line: String, number: UInt32? = nil) -> NodeEvent {
        NodeEvent(
            kind: kind, device: nil, number: number, wallMilliseconds: 0, source: .kernelLog,
            line: line)
    }

    @Test func `a line is cut between characters and shows no control characters`() {
        #expect(event(.xid, String(repeating: "a", count: 600)).line.utf8.count == 512)
        let wide = event(.xid, String(repeating: "é", count: 300)).line
        #expect(wide.utf8.count == 512 && wide.allSatisfy { $0 == "é" })
        let odd = event(.xid, "a" + String(repeating: "é", count: 300)).line
        #expect(odd.utf8.count <= 512 && odd.hasPrefix("aé"))
        #expect(event(.xid, "a\u{1b}[31mb\tc\u{9b}d\r\n").line == "a [31mb c d  ")
        let broken = String(decoding: [UInt8](repeating: 0xff, count: 512), limit: 512)
        #expect(broken.utf8.count <= 512)
    }

    @Test func `the remedy follows from number and words`() {
        #expect(event(.xid, "GPU has fallen off the bus.", number: 79).remedy == .reboot)
        #expect(
            event(.xid, "recovery action changed from 0x0 (None) to 0x1 (X)", number: 154).remedy
                == .resetGPU)
        var sxid = event(.sxid, "", number: 12028)
        #expect(sxid.remedy == Remedy.none)
        sxid.severity = "fatal"
        #expect(sxid.remedy == .rebootGuest)
        #expect(event(.xid, "").remedy == nil)
        #expect(event(.gpuFallenOffBus, "").remedy == .reboot)
        #expect(event(.linkDown, "").remedy == nil)
    }

    @Test(
        arguments: [
            (94, "a RST: Yes", "Contained: CE (0x9). RST: No, D-RST: No", Remedy.application),
            (74, "a link 3(0x2)", "NVLink: fatal error detected on link 1(0x100)", .inspect),
            (144, "b, Fatal (0x2", "SAW_MVB Nonfatal XC0 i0 Link 1 (0x21 0x4)", .none),
        ] as [(UInt32, String, String, Remedy)])
    func `the name of a process is no part of the message`(
        number: UInt32, name: String, text: String, remedy: Remedy
    ) {
        let line = "NVRM: Xid (PCI:0000:18:00): \(number), pid=4, name=\(name), \(text)"
        #expect(event(.xid, line, number: number).remedy == remedy)
        // As it stands when only NVML told of it.
        #expect(event(.xid, text, number: number).remedy == remedy)
    }

    @Test func `calls stop after a lost GPU and a silent system processor`() {
        let stopping = NodeEvent.Kind.allCases.filter { event($0, "", number: 119).stopsCalls }
        #expect(Set(stopping) == [.xid, .gpuFallenOffBus])
        #expect(!event(.xid, "", number: 13).stopsCalls && !event(.xid, "").stopsCalls)
    }
}

@Suite struct ByteScannerTests {
    @Test func `numbers are taken whole or not at all`() {
        var scanner = ByteScanner("42x0x1F,99999999999")
        let early = scanner.hexadecimal()
        let small = scanner.decimal(UInt8.self)
        let isTaken = scanner.take("x")
        let word = scanner.hexadecimal()
        let isComma = scanner.take(",")
        let tooLarge = scanner.decimal(UInt32.self)
        let large = scanner.decimal(UInt64.self)
        #expect(early == nil && small == 42 && isTaken && word == 0x1f && isComma)
        #expect(tooLarge == nil && large == 99_999_999_999 && scanner.isAtEnd)
    }

    @Test(arguments: ["", "x", "0x", "0x123456789", "0xg", " 0x1"])
    func `what is no word of 32 bits is not taken`(_ text: String) {
        var scanner = ByteScanner(text)
        let word = scanner.hexadecimal()
        #expect(word == nil && scanner.rest.count == text.utf8.count)
    }

    @Test func `text is found where it stands first`() {
        var scanner = ByteScanner("aab aac")
        #expect(scanner.contains("aac") && !scanner.contains("aad"))
        let before = scanner.take(through: "aac").map { String(decoding: $0, as: UTF8.self) }
        #expect(before == "aab " && scanner.isAtEnd)
        let absent = scanner.take(through: "x")
        let isEmptyTaken = scanner.take("")
        #expect(absent == nil && isEmptyTaken)
    }
}
