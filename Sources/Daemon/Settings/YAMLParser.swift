import CYAML

/// One event of a YAML stream.
struct YAMLEvent {
    enum Kind: Equatable {
        case streamStart
        case streamEnd
        case documentStart
        case documentEnd
        case alias
        case scalar(text: String, isPlain: Bool)
        case sequenceStart
        case sequenceEnd
        case mappingStart
        case mappingEnd
    }

    let kind: Kind
    let position: SettingsPosition
    let hasAnchor: Bool
    let hasTag: Bool
}

/// The owner of one libyaml parser and of the bytes it reads.
///
/// Both lie on the heap, because libyaml keeps a pointer from the parser to itself and one into
/// the input (yaml.h, `yaml_parser_set_input_string`).
@safe struct YAMLParser: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>

    init(_ bytes: [UInt8]) throws(SettingsDiagnostic) {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            unsafe parser.deallocate()
            throw SettingsDiagnostic(at: nil, "cannot be read: no memory for the YAML parser")
        }
        let input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        _ = unsafe input.initialize(from: bytes)
        unsafe yaml_parser_set_input_string(parser, input.baseAddress, input.count)
        // Without this a byte order mark would switch the parser to UTF-16.
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        unsafe self.parser = parser
        unsafe self.input = input
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
        unsafe input.deallocate()
    }

    /// The next event; after a thrown fault the parser is not asked again.
    mutating func next() throws(SettingsDiagnostic) -> YAMLEvent {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw fault() }
        defer { unsafe yaml_event_delete(&event) }
        return unsafe YAMLEvent(event)
    }

    private func fault() -> SettingsDiagnostic {
        let raw = unsafe parser.pointee
        let problem = unsafe raw.problem.map { unsafe String(cString: $0) } ?? "no memory"
        guard unsafe raw.error != YAML_READER_ERROR else {
            let place = position(ofByte: unsafe raw.problem_offset)
            return SettingsDiagnostic(at: place, "not UTF-8 text: \(problem)")
        }
        var message = "not valid YAML: \(problem)"
        if let context = unsafe raw.context {
            let line = unsafe raw.context_mark.line + 1
            let task = unsafe String(cString: context)
            message += " (\(task) that begins in line \(line))"
            if task.contains("alias") { message += "; put a value that begins with * in quotes" }
        }
        return SettingsDiagnostic(at: unsafe SettingsPosition(raw.problem_mark), message)
    }

    /// The place of a byte, which is all that libyaml says of a byte that is not UTF-8.
    private func position(ofByte offset: Int) -> SettingsPosition {
        let before = unsafe input.prefix(offset)
        let line = unsafe before.count { $0 == UInt8(ascii: "\n") } + 1
        let start = unsafe before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        // Continuation bytes of UTF-8 begin with the bits 10 and are not characters of their own.
        let column = unsafe before[start...].count { $0 & 0xC0 != 0x80 } + 1
        return SettingsPosition(line: line, column: column)
    }
}

extension SettingsPosition {
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: mark.line + 1, column: mark.column + 1)
    }
}

extension YAMLEvent {
    fileprivate init(_ event: yaml_event_t) {
        let data = unsafe event.data
        var hasAnchor = false
        var hasTag = false
        switch unsafe event.type {
        case YAML_STREAM_START_EVENT: kind = .streamStart
        case YAML_DOCUMENT_START_EVENT: kind = .documentStart
        case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
        case YAML_ALIAS_EVENT: kind = .alias
        case YAML_SCALAR_EVENT:
            let scalar = unsafe data.scalar
            let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            let isPlain = unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE
            kind = .scalar(text: unsafe String(decoding: bytes, as: UTF8.self), isPlain: isPlain)
            unsafe (hasAnchor, hasTag) = (scalar.anchor != nil, scalar.tag != nil)
        case YAML_SEQUENCE_START_EVENT:
            kind = .sequenceStart
            let start = unsafe data.sequence_start
            unsafe (hasAnchor, hasTag) = (start.anchor != nil, start.tag != nil)
        case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            kind = .mappingStart
            let start = unsafe data.mapping_start
            unsafe (hasAnchor, hasTag) = (start.anchor != nil, start.tag != nil)
        case YAML_MAPPING_END_EVENT: kind = .mappingEnd
        default: kind = .streamEnd
        }
        position = unsafe SettingsPosition(event.start_mark)
        self.hasAnchor = hasAnchor
        self.hasTag = hasTag
    }
}
