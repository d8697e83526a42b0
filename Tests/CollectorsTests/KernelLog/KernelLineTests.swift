import Collectors
import Model
import Testing

@Suite struct KernelLineTests {
    @Test(arguments: KernelLogFixture.events)
    func `a line becomes its event`(_ row: KernelLogFixture?) throws {
        let row = try #require(row, "a row of the fixture is broken")
        var reader = KernelLineReader()
        let findings = try reader.read(message: row.message, 42)
        let event = try #require(findings.first?.event)
        #expect(findings.count == 1)
        #expect(event.kind == row.kind)
        #expect(event.device?.description == row.device)
        #expect(event.number == row.number)
        #expect(event.link == row.link)
        #expect(event.severity == row.severity)
        #expect(event.process == row.process)
        #expect(event.line == row.message)
        #expect(event.record == 42 && event.count == 1 && event.source == .kernelLog)
        #expect(event.wallMilliseconds == 1_700_000_000_000)
        #expect(event.detail?.hasSuffix(".") != false)
        if row.device?.contains(":") == true {
            guard case .pci = event.device else {
                Issue.record("\(row.message) names a PCI function")
                return
            }
        }
    }

    @Test func `every kind that the kernel tells has a line`() {
        let kinds = Set(KernelLogFixture.events.compactMap { $0?.kind })
        let elsewhere: Set<NodeEvent.Kind> = [
            .kernelLogGap, .nvmlEvent, .linkFlap, .lidChange, .managerChange, .partitionKeyChange,
            .gidChange, .clientReregister, .hcaFatal, .hcaChanged, .peerChanged,
            .conditionRaised, .conditionEscalated, .conditionEased, .conditionResolved,
            .conditionReminded, .conditionAcknowledged, .conditionUnacknowledged,
            .maintenanceSet, .maintenanceEnded,
        ]
        #expect(kinds == Set(NodeEvent.Kind.allCases).subtracting(elsewhere))
    }

    @Test func `the fixtures are there`() {
        #expect(KernelLogFixture.events.count > 70)
        #expect(KernelLogFixture.innocent.count > 60)
    }

    @Test(arguments: KernelLogFixture.innocent)
    func `an innocent line is no event`(_ message: String) throws {
        var reader = KernelLineReader()
        #expect(try reader.read(message: message).isEmpty)
    }

    @Test(
        arguments: [
            ("Xid (PCI:0000:18:00 GPU-I:01): 43, Ch 8", "On GPU instance 1."),
            (
                "Xid (PCI:0000:18:00 GPU-I:01 GPU-CI:02): 45, Ch 8 caused by previous Xid 149",
                "A consequence of Xid 149, which says what to do. On GPU instance 1, compute "
                    + "instance 2."
            ),
        ])
    func `a partition of a GPU is named`(text: String, detail: String) throws {
        var reader = KernelLineReader()
        #expect(try reader.read(message: "NVRM: " + text).first?.event?.detail == detail)
    }

    @Test(
        arguments: [
            ("Port module event: module 0, Cable plugged", "Plugged."),
            (
                "Port module event[error]: module 0, Cable error, No EEPROM/retry timeout",
                "Error: No EEPROM/retry timeout."
            ),
            ("Port module event[error]: module 0, Cable error", "Error."),
            (
                "High temperature on sensors with bit set 0 1",
                "Too hot, by its sensors with bit set 0 1."
            ),
            (
                "High temperature on sensors with bit set 0 0x1.",
                "Too hot, by its sensors with bit set 0 0x1."
            ),
            ("Port module event: module 0, Cable disabled", "Disabled."),
            ("Port module event: module 0, Unknown status", "Unknown status."),
            (
                "Detected insufficient power on the PCIe slot (27W).",
                "The PCIe slot gives 27 W, which is too little."
            ),
            (
                "Detected insufficient power on the PCIe slot",
                "The PCIe slot gives too little power."
            ),
            ("Fatal error 5 detected", "Fatal: the firmware asks for a reset."),
            ("Fatal error 77 detected", "Fatal: sensor 77."),
            ("synd 0x8: unrecoverable hardware error", "Firmware syndrome 8: unrecoverable"),
            ("pciehp: Slot(7): Link Down", "Slot 7 lost its link."),
            ("AER: Corrected error received: 0000:01:00.0", "Reported for 0000:01:00.0."),
            ("AER: aer_status: 0x1, aer_mask: 0x0", "Status 0x00000001."),
        ])
    func `details say what the words mean`(text: String, detail: String) throws {
        var reader = KernelLineReader()
        let found = try reader.read(message: "mlx5_core 0000:03:00.0: " + text)
        #expect(found.first?.event?.detail?.hasPrefix(detail) == true, "\(found)")
    }

    // MARK: Several lines

    private static let loss = [
        "NVRM: The NVIDIA GPU 0002:21:00.0",
        "NVRM: (PCI ID: 10de:2204) installed in this system has",
        "NVRM: fallen off the bus and is not responding to commands.",
    ]

    @Test func `a GPU that is lost while the driver loads takes three lines`() throws {
        var inOne = KernelLineReader()
        let one = try inOne.read(message: Self.loss.joined(separator: "\n"))
        var inThree = KernelLineReader()
        let other = "pcieport 0000:00:1c.0: PME: Signaling with IRQ 122"
        let three = try [Self.loss[0], other, Self.loss[1], Self.loss[2]].flatMap {
            try inThree.read(message: $0)
        }
        for findings in [one, three] {
            #expect(findings.map(\.event?.kind) == [.gpuFallenOffBus])
            #expect(findings.first?.event?.device?.description == "0002:21:00.0")
        }
    }

    @Test func `the last of the three lines alone tells of no GPU`() throws {
        var reader = KernelLineReader()
        let between = "NVRM: None of the NVIDIA devices were initialized."
        for message in [Self.loss[0], between, Self.loss[2], Self.loss[2]] {
            #expect(try reader.read(message: message).isEmpty)
        }
    }

    @Test(
        arguments: [
            (
                "nvidia-nvswitch3: SXid (PCI:0000:05:00.0): 12028, Severity 1 Engine instance 60",
                "Severity 1 Engine instance 60", "0000:05:00.0", NodeEvent.Kind.sxid, 12028
            ),
            (
                "nvidia-nvswitch3: SXid (PCI:0000:05:00.0): 12028, Data {0x0000003c, 0x0000003c",
                "Data {0x0000003c, 0x0000003c", "0000:05:00.0", .sxid, 12028
            ),
            (
                "mlx5_core 0000:03:00.0: print_health_info:456:(pid 0): ext_synd 0x035e",
                "Extended syndrome 0x035e.", "0000:03:00.0", .hcaHealth, nil
            ),
            (
                "mlx5_core 0000:03:00.0: print_sensor_names:160:(pid 0): Sensor name[0]: asic",
                "Sensor asic.", "0000:03:00.0", .hcaTemperature, nil
            ),
            (
                "nvidia 0000:01:00.0:    [ 0] RxErr                  (First)", "RxErr",
                "0000:01:00.0", .pcieError, nil
            ),
            (
                "nvidia 0000:01:00.0: AER:    [12] Timeout               ", "Timeout",
                "0000:01:00.0", .pcieError, nil
            ),
        ] as [(String, String, String, NodeEvent.Kind, UInt32?)])
    func `a following line is a detail`(
        message: String, text: String, device: String, kind: NodeEvent.Kind, number: UInt32?
    ) throws {
        var reader = KernelLineReader()
        let address = try #require(PCIAddress(device))
        #expect(
            try reader.read(message: message) == [
                .detail(text, device: .pci(address), kind: kind, number: number)
            ])
    }

    @Test(arguments: ["-", "c", "+", ""])
    func `whatever its flags, a record is a line of its own`(flags: String) throws {
        var reader = KernelLineReader()
        let line = "NVRM: Xid (PCI:0000:18:00): 79, GPU has fallen off the bus."
        #expect(try reader.read(message: "NVRM: Xid (PCI:0000:18:00): ", flags: flags).isEmpty)
        #expect(try reader.read(message: "79, GPU has fallen off.", flags: flags).isEmpty)
        #expect(try reader.read(message: line, flags: flags).map(\.event?.number) == [79])
    }

    // MARK: Broken lines

    @Test func `what is cut off anywhere is understood or left alone`() throws {
        for row in KernelLogFixture.events.compactMap(\.self) {
            for length in 0...row.message.utf8.count {
                var reader = KernelLineReader()
                let cut = String(decoding: row.message.utf8.prefix(length), as: UTF8.self)
                for event in try reader.read(message: cut).compactMap(\.event) {
                    #expect(event.kind == row.kind)
                    #expect(event.device?.description == row.device)
                }
            }
        }
    }

    @Test(arguments: (0..<8).map { UInt64($0) * 104_729 + 1 })
    func `what is garbled breaks nothing`(_ seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        let messages = KernelLogFixture.events.compactMap { $0?.message }
        var reader = KernelLineReader()
        for _ in 0..<500 {
            var bytes = Array((messages.randomElement(using: &random) ?? "").utf8)
            for _ in 0..<Int.random(in: 1...6, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
                default: bytes += bytes
                }
            }
            let record = try #require(KernelRecord(Array("6,1,2,-;".utf8)[...] + bytes))
            for event in reader.read(record, wallMilliseconds: 0).compactMap(\.event) {
                #expect(event.line.utf8.count <= NodeEvent.lineLimit, "seed \(seed)")
                #expect((event.detail ?? "").utf8.count <= 800, "seed \(seed)")
                #expect((event.process ?? "").utf8.count <= 80, "seed \(seed)")
            }
        }
    }
}

@Suite struct KernelRecordTests {
    private func record(_ text: String) -> KernelRecord? {
        KernelRecord(Array(text.utf8)[...])
    }

    private func message(_ text: String) -> String? {
        record(text).map { String(decoding: $0.message, as: UTF8.self) }
    }

    @Test func `a record is taken apart`() throws {
        let text =
            "30,123,4567890,-,caller=T1;hello, world; \\x5c\n SUBSYSTEM=pci\n DEVICE=+pci:x\n"
        let record = try #require(self.record(text))
        #expect(record.facility == 3)
        #expect(record.sequence == 123 && record.microseconds == 4_567_890)
        #expect(String(decoding: record.message, as: UTF8.self) == "hello, world; \\")
    }

    @Test(
        arguments: [
            (#"a\x0ab"#, "a\nb"), (#"\xc3\xa9"#, "é"), (#"\x4"#, #"\x4"#), (#"\xzz"#, #"\xzz"#),
            (#"\y41\"#, #"\y41\"#), (#"\x5cx41"#, #"\x41"#), ("", ""),
        ])
    func `escapes are resolved, what only looks like one stays`(escaped: String, plain: String) {
        #expect(message("6,1,1,-;" + escaped) == plain)
    }

    @Test(
        arguments: [
            "", ";", "6", "6,1,1,-", "x,1,1,-;m", "6,x,1,-;m", "6,1,x,-;m", "6,1;m", "-6,1,1,-;m",
            "6,99999999999999999999,1,-;m", " KEY=value",
            "6,1,1,-" + String(repeating: ",", count: 200) + ";m",
        ])
    func `what is no record is none`(_ text: String) {
        #expect(record(text) == nil)
    }

    @Test func `a message is cut at its limit`() {
        let text = "6,1,1,-;" + String(repeating: "y", count: 20_000)
        #expect(record(text)?.message.count == KernelRecord.messageLimit)
    }
}
