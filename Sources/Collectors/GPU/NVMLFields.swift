import CNVML

/// One field of nvmlDeviceGetFieldValues.
package struct NVMLField: Hashable, Sendable {
    /// The field's number (NVML_FI_*).
    package let id: UInt32
    /// Which part of the GPU it is asked about: a link, a power domain; otherwise 0.
    package let scope: UInt32

    /// A field, of a part of the GPU.
    package init(_ id: UInt32, scope: UInt32 = 0) {
        self.id = id
        self.scope = scope
    }

    /// Whether it counts memory errors or says how they are dealt with.
    fileprivate var isMemoryError: Bool { (1...31).contains(id) }
}

/// What a field said.
package enum NVMLNumber: Hashable, Sendable {
    /// A whole number without a sign.
    case unsigned(UInt64)
    /// A whole number with a sign.
    case signed(Int64)
    /// A floating-point number.
    case real(Double)

    /// The number where it is whole and not negative; nil otherwise.
    package var count: UInt64? {
        switch self {
        case .unsigned(let number): number
        case .signed(let number): UInt64(exactly: number)
        case .real(let number): UInt64(exactly: number)
        }
    }
}

/// One entry of an answer, made safe against what drivers are known to get wrong.
package struct NVMLFieldAnswer: Hashable, Sendable {
    /// What was asked.
    package let field: NVMLField
    /// What the entry returned; not supported for one that the driver did not touch.
    package let code: NVMLCode
    /// How the driver typed the value (nvmlValueType_t).
    package let type: UInt32
    /// The eight octets of the value as they are.
    package let bits: UInt64
    /// When the driver took the value, in microseconds since 1970; nil where it does not say, and
    /// then the caller has to look at its own clock.
    package let timestampMicroseconds: Int64?
    /// How long the driver took for it, in microseconds, averaged over what it fetched together.
    package let latencyMicroseconds: Int64

    init(_ entry: fw_nvml_field_value) {
        field = NVMLField(entry.field_id, scope: entry.scope_id)
        type = entry.value_type
        bits = unsafe entry.value.u64
        timestampMicroseconds = entry.timestamp_us > 0 ? entry.timestamp_us : nil
        latencyMicroseconds = entry.latency_us
        // Entries begin as zeros, which would read as a success that says 0.0. With ECC off some
        // drivers leave them so; an old value may then stand in them.
        let isUntouched =
            entry.timestamp_us == 0 && entry.latency_us == 0
            && entry.value_type == FW_NVML_VALUE_DOUBLE.rawValue
            && (field.isMemoryError || bits == 0)
        let given = NVMLCode(rawValue: entry.code)
        code = given == .success && isUntouched ? .notSupported : given
    }

    /// The value by its type; nil unless the code is success and the type is known.
    package var number: NVMLNumber? {
        guard code == .success else { return nil }
        // Some drivers say double of memory error counts and mean an integer.
        guard !field.isMemoryError else { return .unsigned(bits) }
        return switch fw_nvml_value_type(rawValue: type) {
        case FW_NVML_VALUE_DOUBLE: .real(Double(bitPattern: bits))
        case FW_NVML_VALUE_U32: .unsigned(UInt64(UInt32(truncatingIfNeeded: bits)))
        case FW_NVML_VALUE_ULONG, FW_NVML_VALUE_U64: .unsigned(bits)
        case FW_NVML_VALUE_I64: .signed(Int64(bitPattern: bits))
        case FW_NVML_VALUE_I32: .signed(Int64(Int32(truncatingIfNeeded: bits)))
        case FW_NVML_VALUE_U16: .unsigned(UInt64(UInt16(truncatingIfNeeded: bits)))
        default: nil
        }
    }

    /// The value where it is a whole number and not negative; nil otherwise.
    package var count: UInt64? { number?.count }
}

/// Fields that are asked for together, with the memory for their answers.
///
/// A batch holds one family of fields: with some drivers a mixed one fails in every entry.
package struct NVMLFieldBatch: Sendable {
    /// What is asked, in order.
    package let fields: [NVMLField]

    private var entries: [fw_nvml_field_value]

    /// A batch of fields; until it is read, no field is supported.
    package init(_ fields: [NVMLField]) {
        self.fields = fields
        entries = Array(repeating: fw_nvml_field_value(), count: fields.count)
        begin(code: .success)
    }

    /// The answer to the field at that place.
    package subscript(index: Int) -> NVMLFieldAnswer { NVMLFieldAnswer(entries[index]) }

    // The driver does not set everything, and may change what it was asked for.
    private mutating func begin(code: NVMLCode) {
        for (index, field) in fields.enumerated() {
            entries[index] = fw_nvml_field_value()
            entries[index].field_id = field.id
            entries[index].scope_id = field.scope
            entries[index].code = code.rawValue
        }
    }

    fileprivate mutating func read(from device: NVMLDevice) throws(NVMLError) {
        begin(code: .success)
        guard !entries.isEmpty else { return }
        let code = unsafe device.table.nvmlDeviceGetFieldValues?(
            device.handle, Int32(entries.count), &entries)
        do throws(NVMLError) {
            try NVMLError.check("nvmlDeviceGetFieldValues", code)
        } catch {
            begin(code: error.code)
            throw error
        }
    }
}

extension NVMLDevice {
    /// Reads all fields of the batch in one call; when it fails, every answer has its code.
    package func read(_ batch: inout NVMLFieldBatch) throws(NVMLError) {
        try batch.read(from: self)
    }
}
