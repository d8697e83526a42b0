import CNVML
import Fakes
import Testing

@testable import Collectors

@Suite struct NVMLFieldTests {
    /// Reads fields of a GPU in one call.
    private func answers(
        _ scenario: String, _ fields: [NVMLField], driver: FakeNVML.Driver = .r610
    ) throws -> [NVMLFieldAnswer] {
        var batch = NVMLFieldBatch(fields)
        try FakeNVML(driver, scenario).device().read(&batch)
        return Array(batch.answers)
    }

    private func answer(_ scenario: String, _ id: UInt32) throws -> NVMLFieldAnswer {
        try answers(scenario, [NVMLField(id)])[0]
    }

    @Test func `a batch is answered in its order, by field and scope`() throws {
        let scenario = "clock 50\ncounter gpu=0 link=2 field=161 value=5\ncounter field=94 value=3"
        let found = try answers(
            scenario,
            [
                NVMLField(94), NVMLField(161, scope: 1), NVMLField(161, scope: 2),
                NVMLField(91), NVMLField(138, scope: 4),
                NVMLField(138, scope: NVMLField.allLinks),
            ])
        #expect(found.map(\.count) == [3, 0, 5, 18, 100_000_000, 1_800_000_000])
        #expect(found.map(\.field.id) == [94, 161, 161, 91, 138, 138])
        #expect(found.map(\.field.scope) == [0, 1, 2, 0, 4, 0xffff_ffff])
        #expect(found.allSatisfy { $0.code == .success })
        #expect(found.allSatisfy { $0.timestampMicroseconds == 1_700_000_050_000_000 })
        #expect(found.allSatisfy { $0.latencyMicroseconds == 120 })
    }

    @Test func `the call asks for what the batch says, once`() throws {
        let fake = try FakeNVML()
        let device = try fake.device()
        var batch = NVMLFieldBatch([
            NVMLField(161, scope: 17), NVMLField(138, scope: NVMLField.allLinks),
        ])
        for _ in 0..<3 { try device.read(&batch) }
        let calls = try fake.calls().filter { $0.symbol == "nvmlDeviceGetFieldValues" }
        #expect(calls.map(\.arguments) == Array(repeating: "161@17,138@*", count: 3))
    }

    @Test func `an empty batch asks nothing`() throws {
        let fake = try FakeNVML()
        let device = try fake.device()
        var batch = NVMLFieldBatch([])
        try device.read(&batch)
        #expect(Array(batch.answers).isEmpty)
        #expect(try !fake.calls().contains { $0.symbol == "nvmlDeviceGetFieldValues" })
    }

    @Test func `a batch that was never read supports nothing`() {
        let batch = NVMLFieldBatch([NVMLField(3), NVMLField(138)])
        #expect(batch.answers.map(\.code) == [.notSupported, .notSupported])
        #expect(batch[1].number == nil)
    }

    // MARK: Types

    static let types: [(String, NVMLNumber)] = [
        ("value=7 type=u32", .unsigned(7)),
        ("value=0xffffffff00000007 type=u32", .unsigned(7)),
        ("value=0xffffffffffffffff type=u64", .unsigned(.max)),
        ("value=0xffffffffffffffff type=ulong", .unsigned(.max)),
        ("value=0xffffffffffffffff type=i64", .signed(-1)),
        ("value=0xfffffffe type=i32", .signed(-2)),
        ("value=0xabcd0007 type=u16", .unsigned(7)),
        ("real=1.5e-12", .real(1.5e-12)),
    ]

    @Test(arguments: types)
    func `a value is what its type says`(_ row: (keys: String, number: NVMLNumber)) throws {
        #expect(try answer("counter field=204 \(row.keys)", 204).number == row.number)
    }

    @Test func `a type that is not known has no value`() throws {
        let found = try answer("counter field=204 value=5 type=7", 204)
        #expect(found.code == .success)
        #expect(found.number == nil)
        #expect(found.bits == 5)
        #expect(found.type == 7)
    }

    @Test(arguments: ["double", "u32", "i64", "9"])
    func `a memory error count is an integer, whatever its type says`(_ type: String) throws {
        let found = try answer("counter field=3 value=0x100000002 type=\(type)", 3)
        #expect(found.number == .unsigned(0x1_0000_0002))
    }

    @Test(
        arguments: [
            (.unsigned(.max), .max), (.signed(4), 4), (.signed(-4), nil), (.real(3), 3),
            (.real(3.5), nil), (.real(-1), nil), (.real(.nan), nil), (.real(.infinity), nil),
        ] as [(NVMLNumber, UInt64?)])
    func `a count is whole and not negative`(_ number: NVMLNumber, _ count: UInt64?) {
        #expect(number.count == count)
    }

    @Test func `a packed bit error ratio comes as it is`() throws {
        let found = try answers(
            "profile blackwell\ncounter link=1 field=220 value=0x30e",
            [
                NVMLField(220, scope: 1), NVMLField(220, scope: 2),
                NVMLField(220, scope: NVMLField.allLinks),
            ])
        // 3e-14, no error on a link, no error on any.
        #expect(found.map(\.count) == [0x30e, 0xfff, 0xfee])
    }

    // MARK: Entries that say nothing

    @Test(arguments: [3, 6, 31, 94, 138, 161, 230] as [UInt32])
    func `an entry that the driver did not touch is not supported`(_ id: UInt32) throws {
        let found = try answer("counter field=\(id) uninitialised", id)
        #expect(found.code == .notSupported)
        #expect(found.number == nil)
        #expect(found.timestampMicroseconds == nil)
    }

    /// A success without a time: a value that is not zero, or is typed, was written.
    @Test(
        arguments: [
            (138, FW_NVML_VALUE_U64, 7, 7), (138, FW_NVML_VALUE_U64, 0, 0),
            (138, FW_NVML_VALUE_DOUBLE, 0, nil), (3, FW_NVML_VALUE_DOUBLE, 77, nil),
            (3, FW_NVML_VALUE_U64, 77, 77),
        ] as [(UInt32, fw_nvml_value_type, UInt64, UInt64?)])
    func `an entry without a time`(
        _ row: (id: UInt32, type: fw_nvml_value_type, bits: UInt64, count: UInt64?)
    ) {
        var entry = fw_nvml_field_value()
        entry.field_id = row.id
        entry.value_type = row.type.rawValue
        unsafe entry.value.u64 = row.bits
        let answer = NVMLFieldAnswer(entry)
        #expect(answer.count == row.count)
        #expect(answer.code == (row.count == nil ? .notSupported : .success))
        #expect(answer.timestampMicroseconds == nil)
    }

    @Test func `an untouched entry does not keep what an earlier call wrote`() throws {
        let fake = try FakeNVML(.r610, "counter field=3 value=77")
        let device = try fake.device()
        var batch = NVMLFieldBatch([NVMLField(3), NVMLField(94)])
        try device.read(&batch)
        #expect(batch[0].count == 77)
        try fake.play("counter field=3 uninitialised")
        try device.read(&batch)
        #expect(batch[0].code == .notSupported)
        #expect(batch[0].bits == 0)
        #expect(batch[1].count == 0)
    }

    @Test func `a real zero is a value`() throws {
        let found = try answer("counter field=204 real=0", 204)
        #expect(found.code == .success)
        #expect(found.number == .real(0))
        #expect(found.count == 0)
    }

    @Test(arguments: [3, 4, 15, 999] as [Int32])
    func `an entry fails alone`(_ number: Int32) throws {
        let found = try answers(
            "counter gpu=0 field=94 code=\(number)", [NVMLField(94), NVMLField(95)])
        #expect(found[0].code.rawValue == number)
        #expect(found[0].number == nil)
        #expect(found[1].count == 0)
    }

    // MARK: Calls that fail

    @Test func `a call that fails fails every entry, and leaves nothing from before`() throws {
        let fake = try FakeNVML()
        let device = try fake.device()
        var batch = NVMLFieldBatch([NVMLField(91), NVMLField(138)])
        try device.read(&batch)
        #expect(batch[0].count == 18)
        try fake.play("return gpu=0 symbol=nvmlDeviceGetFieldValues code=999")
        #expect(throws: NVMLError("nvmlDeviceGetFieldValues", .unknown)) {
            try device.read(&batch)
        }
        #expect(batch.answers.map(\.code) == [.unknown, .unknown])
        #expect(batch.answers.map(\.bits) == [0, 0])
        try fake.play("")
        try device.read(&batch)
        #expect(batch[0].count == 18)
    }

    @Test func `a mixed batch is poisoned, and its fields are not`() throws {
        let fields = [NVMLField(3), NVMLField(206, scope: 0), NVMLField(230)]
        let fake = try FakeNVML(.r610, "profile blackwell\npoison")
        let device = try fake.device()
        var batch = NVMLFieldBatch(fields)
        try device.read(&batch)
        #expect(batch.answers.allSatisfy { $0.code == .notSupported })
        for field in fields {
            var alone = NVMLFieldBatch([field])
            try device.read(&alone)
            #expect(alone[0].count == 0)
        }
    }

    // MARK: What drivers and GPUs know

    @Test func `an unknown field fails alone`() throws {
        let found = try answers("", [NVMLField(999), NVMLField(91)])
        #expect(found.map(\.code) == [.notSupported, .success])
    }

    @Test(
        arguments: [
            (.r450, [91, 138, 145], [146, 161, 164, 230]), (.r550, [161, 183], [197, 206, 230]),
            (.r580, [197, 230], [301]), (.r610, [230, 301], [303]),
        ] as [(FakeNVML.Driver, [UInt32], [UInt32])])
    func `a driver knows the fields of its time`(
        _ driver: FakeNVML.Driver, _ known: [UInt32], _ unknown: [UInt32]
    ) throws {
        let found = try answers("", (known + unknown).map { NVMLField($0) }, driver: driver)
        let codes = found.map(\.code)
        #expect(codes.prefix(known.count).allSatisfy { $0 == .success })
        #expect(codes.dropFirst(known.count).allSatisfy { $0 == .notSupported })
    }

    @Test(
        arguments: [
            ("hopper", [91, 138, 161, 163, 165], [206, 219, 220, 235, 250]),
            ("blackwell", [91, 138, 165, 202, 206, 219, 220, 222, 235, 250], [161, 162, 163]),
            ("ampere-pcie", [3, 82, 94, 142], [91, 138, 161, 206]),
        ] as [(String, [UInt32], [UInt32])])
    func `a GPU has the fields of its NVLink`(
        _ profile: String, _ known: [UInt32], _ unknown: [UInt32]
    ) throws {
        let found = try answers("profile \(profile)", (known + unknown).map { NVMLField($0) })
        let codes = found.map(\.code)
        #expect(codes.prefix(known.count).allSatisfy { $0 == .success })
        #expect(codes.dropFirst(known.count).allSatisfy { $0.kind == .absentCapability })
    }

    @Test(arguments: [2, 3] as [Int32])
    func `a link beyond the last one fails alone`(_ number: Int32) throws {
        let found = try answers(
            "links 4\nbeyond \(number)", [NVMLField(161, scope: 3), NVMLField(161, scope: 4)])
        #expect(found[0].count == 0)
        #expect(found[1].code.rawValue == number)
    }

    @Test func `links are as many as the scenario says`() throws {
        #expect(
            try answers("links 36", [NVMLField(91), NVMLField(165, scope: 35)]).map(\.count) == [
                36, 1,
            ])
        #expect(try answer("links 0", 91).count == 0)
    }
}

extension NVMLField {
    /// The scope that sums up all links.
    static let allLinks: UInt32 = 0xffff_ffff
}

extension NVMLFieldBatch {
    /// The answers, in the order of the fields.
    var answers: [NVMLFieldAnswer] { fields.indices.map { self[$0] } }
}
