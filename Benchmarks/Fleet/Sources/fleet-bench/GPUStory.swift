import Model

/// Something that happens to a GPU, seen from a pass on.
struct GPUChange {
    enum What {
        /// The kernel log has an Xid, with its words.
        case xid(UInt32, String)
        case uncorrected
        case corrected
        case remapFailed
        case lost
        case replays(UInt64)
        case recovery
        case functionCorrected(UInt64)
        /// The node boots, or the driver starts anew: the GPU counts from zero.
        case reload(isBoot: Bool)
        /// The part was replaced, or what it had is gone.
        case repaired
    }

    var pass: Int
    var what: What

    var isLoud: Bool {
        switch what {
        case .xid, .corrected, .functionCorrected, .replays: false
        default: true
        }
    }
}

/// Everything that happens to one GPU in the run, drawn beforehand.
struct GPUStory {
    let story: NodeStory
    let index: Int
    let fault: Fault?
    private(set) var changes: [GPUChange] = []

    /// The story of a GPU; `hasFault` leaves its fault out where it is false, and nothing else.
    init(_ story: NodeStory, index: Int, _ options: Options, hasFault: Bool = true) {
        self.story = story
        self.index = index
        fault = story.faults.first { !$0.kind.isLink && $0.part == index }
        var random = Random(options.seed, 8, story.node * 8 + index)
        let all = 10..<options.passes
        for pass in random.passes(perDay: Rates.applicationXid.value, in: all) {
            note(pass, Self.application[random.int(0...3)])
        }
        for pass in random.passes(perDay: Rates.memoryCorrected.value, in: all) {
            note(pass, .corrected)
        }
        for pass in random.passes(perDay: Rates.nvlinkReplay.value, in: all) {
            note(pass, .replays(UInt64(random.int(1...5))))
        }
        for pass in random.passes(perDay: Rates.corrected.value, in: all) {
            note(pass, .functionCorrected(UInt64(random.int(1...3))))
        }
        for range in story.off { note(range.upperBound, .reload(isBoot: true)) }
        for pass in story.reloads { note(pass, .reload(isBoot: false)) }
        if hasFault, let fault { drawFault(fault) }
        changes = changes.filter { $0.pass < options.passes }.enumerated().sorted {
            ($0.element.pass, $0.offset) < ($1.element.pass, $1.offset)
        }.map(\.element)
    }

    private static let application: [GPUChange.What] = [
        .xid(13, "pid=1234, name=python, Graphics Exception: ESR 0x504648=0x5000e"),
        .xid(31, "pid=1234, name=python, Ch 00000008, MMU Fault: ENGINE GRAPHICS GPC0"),
        .xid(43, "pid=1234, name=python, Ch 00000010"),
        .xid(45, "pid=1234, name=python, Ch 00000010 caused by previous Xid 13"),
    ]

    private mutating func note(_ pass: Int, _ what: GPUChange.What) {
        changes.append(GPUChange(pass: pass, what: what))
    }

    private mutating func drawFault(_ fault: Fault) {
        var random = Random(fault.seed, 9)
        switch fault.kind {
        case .gpuLost:
            note(fault.begin, .xid(79, "pid=0, name=, GPU has fallen off the bus."))
            note(fault.begin, .lost)
        case .memoryUncorrected:
            note(fault.begin, .xid(48, "pid=0, name=, DBE (double bit error) ECC Error"))
            note(fault.begin, .uncorrected)
        case .nvlinkFatal:
            let words = "0x0, 0x0, 0x10000, 0x0, 0x0, 0x0, 0x0"
            note(
                fault.begin,
                .xid(74, "pid=0, name=, NVLink: fatal error detected on link 3(\(words))"))
            note(fault.begin, .recovery)
        case .remapFailed:
            note(fault.begin, .xid(64, "pid=0, name=, Row Remapper: Error recording remap"))
            note(fault.begin, .remapFailed)
        case .nvlinkErrors:
            for pass in random.passes(perDay: 300, in: fault.begin..<fault.repair) {
                note(pass, .replays(UInt64(random.int(1...4))))
            }
            note(fault.begin, .replays(1))
            for pass in random.passes(perDay: 2, in: fault.begin..<fault.repair) {
                note(pass, .recovery)
            }
        case .gspTimeout:
            note(
                fault.begin,
                .xid(
                    119,
                    "pid=9, name=nvidia-smi, Timeout after 45s of waiting for RPC response "
                        + "from GPU\(index) GSP! Expected function 76 (GSP_RM_CONTROL)."))
        default: break
        }
        note(fault.back, .repaired)
    }

    /// When the node boots next, with which latched alarms of GPUs end.
    func nextBoot(after pass: Int) -> Int {
        story.off.first { $0.upperBound > pass }?.upperBound ?? .max
    }

    /// Whether the GPU is idle and has let its PCIe link fall to the lowest speed.
    func isIdle(_ pass: Int) -> Bool {
        story.jobEnds.contains { $0 <= pass && pass < $0 + 45 }
    }
}
