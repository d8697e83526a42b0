/// What one message of the NVIDIA driver says beyond its number.
///
/// The text may be the message alone or the whole line of the kernel log. A text without words that
/// decide, such as NVML's, leaves the answer to the catalogue.
package struct XidReading: Sendable {
    /// What helps: by the words where they decide, else by the catalogue.
    package private(set) var remedy: Remedy
    /// `fatal` or `non_fatal`: what the text says of itself, else what the table of its words does;
    /// nil where neither does.
    package private(set) var severity: String?
    /// The NVLink that the text names; nil where it names none.
    package private(set) var link: UInt16?
    /// What the words mean, one sentence; nil where there is nothing to decode.
    package private(set) var detail: String?

    /// Reads a message of the Xid from where the scanner stands.
    package init(number: UInt32, scanner: ByteScanner) {
        remedy = XidCatalog.entry(number).remedy
        switch number {
        case 45: readCause(scanner)
        case 74: readLinkRegisters(scanner)
        case 94, 95: readContainment(scanner)
        case 119: readTimeout(scanner)
        case 144...150: readWords(number, scanner)
        case 154: readRecoveryAction(scanner)
        default: break
        }
    }

    // " caused by previous Xid M" at the end of a consequence.
    private mutating func readCause(_ text: ByteScanner) {
        var text = text
        guard text.take(through: "caused by previous Xid ") != nil,
            let number = text.decimal(UInt32.self)
        else { return }
        remedy = .none
        detail = "A consequence of Xid \(number), which says what to do."
    }

    // "NVLink: fatal error detected on link 14(0x0, 0x0, 0x10000, 0x0, 0x0, 0x0, 0x0)"
    private mutating func readLinkRegisters(_ text: ByteScanner) {
        remedy = .resetGPU
        var text = text
        if text.contains("failed to train link ") {
            _ = text.take(through: "failed to train link ")
            link = text.decimal(UInt16.self)
            detail = "The link did not train; reset the GPU."
            return
        }
        guard text.take(through: " link ") != nil, let number = text.decimal(UInt16.self) else {
            return
        }
        link = number
        guard text.take("(") else { return }
        let registers = Self.words(&text, limit: 7)
        let findings = NVLinkRegisterTable.findings(registers)
        guard let gravest = findings.first else {
            detail = "No register names a cause; reset the GPU."
            return
        }
        remedy = gravest.remedy
        detail = "Link error: \(findings.map(\.phrase).joined(separator: "; "))."
    }

    // "Contained: CE User Channel (0x9). RST: No, D-RST: No"
    private mutating func readContainment(_ text: ByteScanner) {
        var reset = text
        var drain = text
        let isResetNamed = reset.take(through: " RST: ") != nil
        let isDrainNamed = drain.take(through: " D-RST: ") != nil
        if isResetNamed, reset.starts(with: "Yes") {
            remedy = .resetGPU
            detail = "The GPU must be reset before any new work."
        } else if isDrainNamed, drain.starts(with: "Yes") {
            remedy = .resetGPU
            detail = "The GPU works on; drain it, then reset it."
        } else if isResetNamed, isDrainNamed, reset.starts(with: "No"), drain.starts(with: "No") {
            detail =
                remedy == .resetGPU
                ? "The message asks for no reset, the catalogue does: other work may be affected."
                : "No reset is asked for."
        }
    }

    // "Timeout after 45s of waiting for RPC response from GPU0 GSP!"
    private mutating func readTimeout(_ text: ByteScanner) {
        var text = text
        guard text.take(through: "Timeout after ") != nil,
            let seconds = text.decimal(UInt32.self), text.take("s ")
        else { return }
        detail = "The system processor gave no answer for \(seconds) s."
    }

    // "NETIR_LINK_EVT  Fatal   XC0 i0 Link 09 (0x025525c6 0x00000000 ...)"
    private mutating func readWords(_ number: UInt32, _ text: ByteScanner) {
        var before = text
        var after = text
        guard let head = before.take(through: "(0x") ?? before.take(through: " Link "),
            let (name, isFatal) = Self.unitAndSeverity(head)
        else { return }
        severity = isFatal.map { $0 ? "fatal" : "non_fatal" }
        if after.take(through: " Link ") != nil {
            after.skipBlanks()
            link = after.decimal(UInt16.self)
        }
        var words: [UInt32] = []
        while words.isEmpty, after.take(through: "(") != nil {
            words = Self.words(&after, limit: 7)
        }
        guard words.count >= 2 else { return }
        let reading = NVLink5Reading(
            xid: number, unit: name, words: words, printedFatal: isFatal)
        remedy = reading.remedy
        severity = reading.severity.map { $0 == .nonFatal ? "non_fatal" : "fatal" }
        detail = reading.sentence
    }

    // The unit's name, which ends at the word for its severity and starts behind the last comma.
    private static func unitAndSeverity(
        _ head: ArraySlice<UInt8>
    ) -> (name: String, isFatal: Bool?)? {
        var name = head
        var isFatal: Bool?
        for (word, value) in [(" Fatal", true), (" Nonfatal", false), (" Non-fatal", false)] {
            guard let place = ByteScanner.find(word, in: head) else { continue }
            name = head[..<place]
            isFatal = value
        }
        let comma = name.lastIndex(of: UInt8(ascii: ","))
        name = name[(comma.map { $0 + 1 } ?? name.startIndex)...].drop { $0 == UInt8(ascii: " ") }
        while name.last == UInt8(ascii: " ") { name = name.dropLast() }
        guard !name.isEmpty, name.count <= 32 else { return nil }
        return (String(decoding: name, limit: 32), isFatal)
    }

    // "GPU recovery action changed from 0x0 (None) to 0x2 (Node Reboot Required)"
    private mutating func readRecoveryAction(_ text: ByteScanner) {
        var text = text
        guard text.take(through: "recovery action changed from ") != nil,
            let from = Self.action(&text), text.take(through: " to ") != nil,
            let to = Self.action(&text)
        else { return }
        let action = RecoveryAction(code: UInt64(to.value))
        remedy = action?.remedy ?? .support
        detail = "The driver asks for: \(to.name); before: \(from.name)."
        guard let action, action.remedy != .none else { return }
        detail? += " \(action.instruction)"
    }

    private static func action(_ text: inout ByteScanner) -> (value: UInt32, name: String)? {
        guard let value = text.hexadecimal(), text.take(" ("),
            let name = text.take(through: ")")
        else { return nil }
        return (value, String(decoding: name, limit: 48))
    }

    // Hexadecimal words with blanks or commas between them.
    private static func words(_ text: inout ByteScanner, limit: Int) -> [UInt32] {
        var words: [UInt32] = []
        while words.count < limit, let word = text.hexadecimal() {
            words.append(word)
            _ = text.take { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: ",") }
        }
        return words
    }
}
