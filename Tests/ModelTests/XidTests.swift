import Model
import Testing

@Suite struct XidCatalogTests {
    /// The numbers of each class, as the vendor's tables list them.
    private static let classes: [(Remedy, [ClosedRange<UInt32>])] = [
        (
            .application,
            [
                8...8, 11...11, 13...13, 25...25, 31...32, 39...41, 45...45, 60...60, 68...72,
                75...77, 80...80, 82...86, 88...89, 94...94, 96...105, 126...135, 139...139,
                174...174,
            ]
        ),
        (
            .none,
            [
                14...14, 37...38, 43...44, 63...63, 66...67, 92...93, 106...108, 121...121,
                137...137, 141...141, 152...153, 157...157, 160...165,
            ]
        ),
        (
            .resetGPU,
            [
                46...46, 48...48, 62...62, 64...64, 95...95, 109...110, 119...120, 136...136,
                140...140, 143...143, 155...156, 158...159, 171...172,
            ]
        ),
        (.reboot, [79...79]), (.rebootGuest, [151...151]), (.inspect, [54...54]),
        (.updateSoftware, [78...78]), (.decode, [74...74, 144...150, 154...154]),
        (.support, [142...142, 166...170, 173...173, 175...176] + XidCatalog.unused),
    ]

    @Test func `every number has the class of the catalogue`() {
        for number in UInt32(1)...176 {
            let found = Self.classes.filter { $0.1.contains { $0.contains(number) } }
            guard let expected = found.first, found.count == 1 else {
                Issue.record("\(number) is in \(found.count) classes of this test")
                continue
            }
            #expect(XidCatalog.entry(number).remedy == expected.0, "Xid \(number)")
        }
    }

    @Test func `rows are in order, once each and never among the unused`() {
        let numbers = XidCatalog.rows.map(\.number)
        #expect(numbers == Set(numbers).sorted())
        #expect(!numbers.contains(where: XidCatalog.isUnused))
        for row in XidCatalog.rows {
            #expect(row.meaning.hasSuffix(".") && (10...90).contains(row.meaning.utf8.count))
            #expect(!row.stopsCalls || row.isFabric)
        }
    }

    @Test func `calls stop at the three numbers after which they may never return`() {
        let stopping = XidCatalog.rows.filter(\.stopsCalls).map(\.number)
        #expect(stopping == [79, 119, 120])
    }

    @Test func `fabric numbers`() {
        let fabric = XidCatalog.rows.filter(\.isFabric).map(\.number)
        #expect(
            fabric
                == [
                    74, 79, 119, 120, 121, 136, 137, 144, 145, 146, 147, 148, 149, 150, 155, 158,
                    159, 166, 167, 170, 173, 176,
                ])
    }

    @Test(arguments: [0, 177, 999, UInt32.max])
    func `an unknown number is told apart and goes to support`(_ number: UInt32) {
        let entry = XidCatalog.entry(number)
        #expect(entry.number == number && entry.remedy == .support && !entry.stopsCalls)
        #expect(entry.meaning.contains("not in the catalogue"))
        #expect(XidCatalog.entry(87).meaning.contains("unused"))
    }
}

@Suite struct XidReadingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var number: UInt32
        var text: String
        var remedy: Remedy
        var link: UInt16?
        var severity: String?
        /// What the detail contains; nil for none at all.
        var detail: String?

        init(
            _ number: UInt32, _ text: String, _ remedy: Remedy, link: UInt16? = nil,
            severity: String? = nil, detail: String?
        ) {
            self.number = number
            self.text = text
            self.remedy = remedy
            self.link = link
            self.severity = severity
            self.detail = detail
        }

        var testDescription: String { "\(number): \(text)" }
    }

    private static func registers(_ values: [UInt32]) -> String {
        let words = values.map { "0x" + String($0, radix: 16) }.joined(separator: ", ")
        return "NVLink: fatal error detected on link 14(\(words))"
    }

    static let cases: [Case] = [
        Case(79, "GPU has fallen off the bus.", .reboot, detail: nil),
        Case(31, "Ch 0000000b, intr 00000000. MMU Fault", .application, detail: nil),
        Case(9999, "A new error", .support, detail: nil),
        Case(45, "Ch 00000010", .application, detail: nil),
        Case(
            45, "Ch 00000010, engmask caused by previous Xid 149", .none,
            detail: "Xid 149"),
        Case(45, "caused by previous Xid many", .application, detail: nil),
        Case(
            94, "Contained: CE User Channel (0x9). RST: No, D-RST: No", .application,
            detail: "No reset"),
        Case(
            94, "Contained: DRAM (0x1). physAddr: 0x1 RST: No, D-RST: Yes", .resetGPU,
            detail: "drain it"),
        Case(
            95, "Uncontained: LTC TAG (0x2, 0x1). RST: Yes, D-RST: No", .resetGPU,
            detail: "before any new work"),
        Case(
            95, "Uncontained: LTC. RST: No, D-RST: No", .resetGPU,
            detail: "The message asks for no reset, the catalogue does"),
        Case(95, "Uncontained: LTC. RST: No,", .resetGPU, detail: nil),
        Case(94, "Contained: LTC. RST: No, D-RST:", .application, detail: nil),
        Case(94, "Contained: LTC. RST: Maybe, D-RST: No", .application, detail: nil),
        Case(95, "Uncontained ECC error", .resetGPU, detail: nil),
        Case(
            119, "Timeout after 45s of waiting for RPC response from GPU0 GSP! Expected function",
            .resetGPU, detail: "45 s"),
        Case(119, "Timeout after all", .resetGPU, detail: nil),
        Case(
            154, "GPU recovery action changed from 0x0 (None) to 0x2 (Node Reboot Required)",
            .reboot, detail: "Node Reboot Required; before: None"),
        Case(
            154, "GPU recovery action changed from 0x4 (Drain and Reset) to 0x0 (None)", .none,
            detail: "None; before: Drain and Reset"),
        Case(
            154, "GPU recovery action changed from 0x0 (None) to 0x1 (GPU Reset Required)",
            .resetGPU, detail: "GPU Reset Required"),
        Case(
            154, "GPU recovery action changed from 0x0 (None) to 0x3 (Drain P2P)", .application,
            detail: "Drain P2P; before: None. Drain the jobs that use NVLink on it."),
        Case(
            154, "GPU recovery action changed from 0x0 (None) to 0x4 (Drain and Reset)", .resetGPU,
            detail: "Drain and Reset"),
        Case(
            154, "GPU recovery action changed from 0x0 (None) to 0x5 (Recover IMEX Domain)",
            .application, detail: "Recover IMEX Domain"),
        Case(
            154, "GPU recovery action changed from 0x0 (None) to 0x63 (New)", .support,
            detail: "New"),
        Case(154, "GPU recovery action changed", .decode, detail: nil),
        Case(154, "NVML: Xid 154", .decode, detail: nil),
        Case(
            149,
            "NETIR_LINK_EVT  Fatal   XC0 i0 Link 09 (0x025525c6 0x00000000 0x00000000 0x00000000)",
            .resetGPU, link: 9, severity: "fatal", detail: "reason 37: drain and reset"),
        Case(
            149, "NETIR_LINK_DOWN Fatal XC1 i1 Link -1 (0x02600011 0x0)", .none,
            severity: "fatal", detail: "reason 38: nothing to do at once"),
        Case(
            149, "NETIR_LINK_DOWN Fatal XC1 i1 Link 3 (0x02800011 0x0)", .none, link: 3,
            severity: "fatal", detail: "the host caused it"),
        Case(
            145, "RLW_REMAP Nonfatal XC0 i0 Link 01 (0x00000004 0x00000004)", .application,
            link: 1, severity: "non_fatal", detail: "30 s before"),
        Case(
            144, "SAW_MVB Fatal XC0 i0 (0x00000021 0x00000002)", .resetGPU, severity: "fatal",
            detail: "status 0x00000002: drain and reset"),
        Case(
            150, "MSE Degraded Fatal XC0 i0 Link -1 (0x0 0xffffffff)", .resetGPU,
            severity: "fatal", detail: "MSE Degraded"),
        Case(
            144, "SAW_MVB XC0 i0 (0x00000021 0x00000002)", .resetGPU, severity: "fatal",
            detail: "status 0x00000002: drain and reset"),
        Case(
            145, "RLW_REMAP XC0 i0 Link 01 (0x00000004 0x00000004)", .application,
            link: 1, severity: "non_fatal", detail: "30 s before"),
        Case(150, "MSE_WATCHDOG Fatal", .decode, detail: nil),
        Case(149, "NVML: Xid 149", .decode, detail: nil),
        Case(
            149, "NETIR_LINK_DOWN Fatal XC1 i1 Link 3 (0x02600011", .decode, link: 3,
            severity: "fatal", detail: nil),
        Case(
            74, "NVLink: failed to train link 3 to remote PCI:0000:19:00", .resetGPU, link: 3,
            detail: "did not train"),
        Case(74, "NVLink: something else", .resetGPU, detail: nil),
        Case(74, "NVLink: fatal error detected on link 14", .resetGPU, link: 14, detail: nil),
        Case(
            74, registers([0, 0, 0, 0, 0, 0, 0]), .resetGPU, link: 14, detail: "No register"),
        Case(
            74, registers([0, 0, 0x10000, 0, 0, 0, 0]), .resetGPU, link: 14,
            detail: "field diagnostics"),
        Case(74, registers([1 << 23]), .none, link: 14, detail: "mean nothing"),
        Case(74, registers([1 << 1]), .none, link: 14, detail: "follows from another"),
        Case(
            74, registers([1 << 23 | 1 << 8]), .inspect, link: 14,
            detail: "run diagnostics; bits that mean nothing"),
        Case(
            74, registers([0, 0, 1 << 13]), .support, link: 14, detail: "should never happen"),
        Case(
            74, registers([0, 0, 0, 1 << 18]), .resetGPU, link: 14, detail: "all GPUs"),
        Case(
            74, registers([0, 0, 0, 0, 1 << 20]), .none, link: 14,
            detail: "repeats do not matter"),
    ]

    @Test(arguments: cases)
    func `the words decide`(_ sample: Case) throws {
        for prefix in ["", "NVRM: Xid (PCI:0000:18:00): \(sample.number), pid=4, name=a, "] {
            let reading = XidReading(
                number: sample.number, scanner: ByteScanner(prefix + sample.text))
            #expect(reading.remedy == sample.remedy)
            #expect(reading.link == sample.link)
            #expect(reading.severity == sample.severity)
            if let part = sample.detail {
                let detail = try #require(reading.detail)
                #expect(detail.contains(part) && detail.hasSuffix("."), "\(detail)")
            } else {
                #expect(reading.detail == nil)
            }
        }
    }

    @Test(arguments: NVLinkRegisterTable.rows.indices)
    func `every bit of every register has its finding`(_ index: Int) {
        let row = NVLinkRegisterTable.rows[index]
        for bit in row.bits {
            var registers = [UInt32](repeating: 0, count: 7)
            registers[row.register] = 1 << bit
            #expect(NVLinkRegisterTable.findings(registers) == [row.finding])
            let reading = XidReading(number: 74, scanner: ByteScanner(Self.registers(registers)))
            #expect(reading.remedy == row.finding.remedy)
        }
    }

    @Test func `bits without a meaning find nothing, and no bit stands twice`() {
        var known = Set<[UInt32]>()
        for row in NVLinkRegisterTable.rows {
            for bit in row.bits {
                #expect(known.insert([UInt32(row.register), bit]).inserted)
            }
        }
        for register in 0..<7 {
            for bit in UInt32(0)..<32 where !known.contains([UInt32(register), bit]) {
                var registers = [UInt32](repeating: 0, count: 7)
                registers[register] = 1 << bit
                #expect(NVLinkRegisterTable.findings(registers).isEmpty)
            }
        }
    }

    @Test(arguments: (0..<8).map { UInt64($0) * 7919 })
    func `no text traps, and every detail is short`(_ seed: UInt64) {
        var random = SplitMix(seed)
        let parts = Self.cases.map(\.text) + [" Link ", "(0x", " Fatal", "RST: ", "0x", ",", "é"]
        for _ in 0..<400 {
            let count = Int.random(in: 0...4, using: &random)
            var text = (0..<count).map { _ in parts.randomElement(using: &random) ?? "" }.joined()
            text = String(text.dropLast(Int.random(in: 0...10, using: &random)))
            let number = UInt32.random(in: 0...180, using: &random)
            let reading = XidReading(number: number, scanner: ByteScanner(text))
            #expect((reading.detail ?? "").utf8.count <= 700, "seed \(seed): \(text)")
        }
    }
}

@Suite struct SXidCatalogTests {
    @Test(
        arguments: [
            (12020, "fatal", Remedy.reboot, "egress"),
            (23008, nil, .reboot, "crossbar"),
            (20034, "fatal", .rebootGuest, "link data and physical layer"),
            (11013, nil, .rebootGuest, "ingress"),
            (12028, "non_fatal", .none, "egress"),
            (12028, nil, .none, "egress"),
            (12028, "fatal", .rebootGuest, "egress"),
            (12020, "non_fatal", .none, "egress"),
            (19084, "correctable", .none, "link transaction layer"),
            (14999, nil, .support, "routing and tag state"),
            (14999, "fatal", .rebootGuest, "routing and tag state"),
            (14999, "non_fatal", .none, "routing and tag state"),
            (7, nil, .support, nil),
        ] as [(UInt32, String?, Remedy, String?)])
    func `what is printed comes first, the table second`(
        number: UInt32, printed: String?, remedy: Remedy, part: String?
    ) {
        let entry = SXidCatalog.entry(number)
        #expect(entry.remedy(printed: printed) == remedy)
        #expect(entry.part == part)
    }

    @Test func `no number is listed twice, and every listed one has a part`() {
        var seen = Set<UInt32>()
        for (reach, ranges) in SXidCatalog.reaches {
            for number in ranges.joined() {
                #expect(seen.insert(number).inserted, "\(number) in \(reach)")
                #expect(SXidCatalog.entry(number).part != nil)
                #expect(SXidCatalog.entry(number).reach == reach)
            }
        }
        #expect(seen.isSuperset(of: SXidCatalog.meanings.keys))
    }
}
