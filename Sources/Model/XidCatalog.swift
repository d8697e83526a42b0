/// What the NVIDIA driver's error numbers mean (NVIDIA, "XID Errors"; nverror.h).
package enum XidCatalog {
    /// What one Xid means.
    package struct Entry: Sendable {
        /// The Xid.
        package let number: UInt32
        /// One short sentence.
        package let meaning: String
        /// What helps at once; recurrence asks for more.
        package let remedy: Remedy
        /// Whether it concerns a link of the GPU (NVLink, NVSwitch, chip-to-chip, PCIe) or a GPU
        /// that no longer answers.
        package let isFabric: Bool
        /// Whether NVML must leave the GPU alone at once: a call may never return.
        package let stopsCalls: Bool
        /// Whether it tells of hardware that an operator should know of, although what the
        /// catalogue asks for is nothing, an application's affair or the vendor's answer.
        package let isWarning: Bool

        fileprivate init(
            _ number: UInt32, _ remedy: Remedy, _ meaning: String, isFabric: Bool = false,
            stopsCalls: Bool = false, isWarning: Bool = false
        ) {
            self.number = number
            self.meaning = meaning
            self.remedy = remedy
            self.isFabric = isFabric
            self.stopsCalls = stopsCalls
            self.isWarning = isWarning
        }
    }

    /// What a number means; a number without a row gets an honest answer rather than none.
    package static func entry(_ number: UInt32) -> Entry {
        if let entry = byNumber[number] { return entry }
        let meaning =
            isUnused(number)
            ? "The catalogue calls this number unused on this generation of GPUs; contact support."
            : "This number is not in the catalogue; contact support."
        return Entry(number, .support, meaning, isWarning: true)
    }

    /// Whether the catalogue lists the number as unused since Ampere.
    package static func isUnused(_ number: UInt32) -> Bool {
        unused.contains { $0.contains(number) }
    }

    /// The numbers that are unused since Ampere, in order.
    package static let unused: [ClosedRange<UInt32>] = [
        1...7, 9...10, 12...12, 15...24, 26...30, 33...36, 42...42, 47...47, 49...53, 55...59,
        61...61, 65...65, 73...73, 81...81, 87...87, 90...91, 111...118, 122...125, 138...138,
    ]

    private static let byNumber = Dictionary(uniqueKeysWithValues: rows.map { ($0.number, $0) })

    /// The numbers that alerts ask for: those of links and of GPUs that do not answer, memory
    /// errors, and the commonest of applications.
    package static let alerting: [UInt32] = rows.filter {
        $0.isFabric || [13, 31, 43, 45, 48, 63, 64, 92, 94, 95, 140].contains($0.number)
    }.map(\.number)

    /// Every number that has a meaning, in order.
    package static let rows: [Entry] = [
        Entry(8, .application, "The GPU stopped processing an application's work."),
        Entry(11, .application, "An application's command stream is invalid or corrupted."),
        Entry(
            13, .application,
            "The graphics or compute engine met a fault in an application's work."),
        Entry(14, .none, "A number without a published meaning, to be ignored."),
        Entry(25, .application, "An application's command stream is invalid or not allowed."),
        Entry(31, .application, "An application's memory access met a page fault in the GPU."),
        Entry(
            32, .application,
            "A command stream is corrupted, often on its way over PCIe."),
        Entry(37, .none, "The driver met an error in firmware, and went on."),
        Entry(38, .none, "The driver met an error in firmware, and went on."),
        Entry(39, .application, "Copy engine 0 met an error."),
        Entry(40, .application, "Copy engine 1 met an error."),
        Entry(41, .application, "Copy engine 2 met an error."),
        Entry(
            43, .none,
            "A channel of an application was stopped after that application's own error."),
        Entry(44, .none, "The graphics engine met a fault while it switched contexts."),
        Entry(
            45, .application,
            "Channels were torn down because of an earlier error, which names the cause."),
        Entry(46, .resetGPU, "The GPU stopped processing and did not recover."),
        Entry(48, .resetGPU, "Memory lost data: an uncorrectable, double-bit ECC error."),
        Entry(54, .inspect, "The board's auxiliary power is not connected."),
        Entry(60, .application, "The video processor met an error."),
        Entry(62, .resetGPU, "A microcontroller of the GPU halted."),
        Entry(
            63, .none,
            "A row of memory was remapped, or a page retired; a reset makes it effective.",
            isWarning: true),
        Entry(64, .resetGPU, "A row of memory could not be remapped, or a page not retired."),
        Entry(66, .none, "The driver made an access that is not allowed."),
        Entry(67, .none, "The driver made an access that is not allowed."),
        Entry(68, .application, "Video decoder 0 met an error."),
        Entry(
            69, .application,
            "The graphics engine was given a method that its class does not have."),
        Entry(70, .application, "Copy engine 3 met an error."),
        Entry(71, .application, "Copy engine 4 met an error."),
        Entry(72, .application, "Copy engine 5 met an error."),
        Entry(
            74, .decode,
            "An NVLink met an error that took it down; registers tell which.", isFabric: true),
        Entry(75, .application, "Copy engine 6 met an error."),
        Entry(76, .application, "Copy engine 7 met an error."),
        Entry(77, .application, "Copy engine 8 met an error."),
        Entry(78, .updateSoftware, "A virtual GPU could not start."),
        Entry(
            79, .reboot,
            "The GPU has fallen off the PCIe bus and no longer answers.", isFabric: true,
            stopsCalls: true),
        Entry(80, .application, "Data that was sent to the GPU is corrupted."),
        Entry(82, .application, "JPEG decoder 0 met an error."),
        Entry(83, .application, "Video decoder 1 met an error."),
        Entry(84, .application, "Video decoder 2 met an error."),
        Entry(85, .application, "Copy engine 9 met an error."),
        Entry(86, .application, "The optical flow engine met an error."),
        Entry(88, .application, "Video decoder 3 met an error."),
        Entry(89, .application, "Video decoder 4 met an error."),
        Entry(
            92, .none, "Memory needs many corrections: a high rate of single-bit ECC errors.",
            isWarning: true),
        Entry(
            93, .none, "The board's InfoROM is written more often than it is built for.",
            isWarning: true),
        Entry(
            94, .application, "Memory lost data, and the damage stayed within one application.",
            isWarning: true),
        Entry(95, .resetGPU, "Memory lost data, and every application on the GPU may be affected."),
        Entry(96, .application, "Video decoder 5 met an error."),
        Entry(97, .application, "Video decoder 6 met an error."),
        Entry(98, .application, "Video decoder 7 met an error."),
        Entry(99, .application, "JPEG decoder 1 met an error."),
        Entry(100, .application, "JPEG decoder 2 met an error."),
        Entry(101, .application, "JPEG decoder 3 met an error."),
        Entry(102, .application, "JPEG decoder 4 met an error."),
        Entry(103, .application, "JPEG decoder 5 met an error."),
        Entry(104, .application, "JPEG decoder 6 met an error."),
        Entry(105, .application, "JPEG decoder 7 met an error."),
        Entry(106, .none, "A test message that came over the management bus."),
        Entry(107, .none, "A silent test message that came over the management bus."),
        Entry(108, .none, "A reserved number, to be ignored."),
        Entry(109, .resetGPU, "A context switch did not end in time."),
        Entry(110, .resetGPU, "The GPU met a security fault."),
        Entry(
            119, .resetGPU,
            "The GPU's system processor (GSP) did not answer a call in time.", isFabric: true,
            stopsCalls: true),
        Entry(
            120, .resetGPU,
            "The GPU's system processor (GSP) met an error.", isFabric: true, stopsCalls: true),
        Entry(
            121, .none,
            "The chip-to-chip link between GPU and CPU needed corrections.", isFabric: true,
            isWarning: true),
        Entry(126, .application, "Copy engine 10 met an error."),
        Entry(127, .application, "Copy engine 11 met an error."),
        Entry(128, .application, "Copy engine 12 met an error."),
        Entry(129, .application, "Copy engine 13 met an error."),
        Entry(130, .application, "Copy engine 14 met an error."),
        Entry(131, .application, "Copy engine 15 met an error."),
        Entry(132, .application, "Copy engine 16 met an error."),
        Entry(133, .application, "Copy engine 17 met an error."),
        Entry(134, .application, "Copy engine 18 met an error."),
        Entry(135, .application, "Copy engine 19 met an error."),
        Entry(136, .resetGPU, "NVLinks did not train.", isFabric: true),
        Entry(
            137, .none,
            "An access over NVLink was refused or met a page fault at the peer.", isFabric: true,
            isWarning: true),
        Entry(139, .application, "The second optical flow engine met an error."),
        Entry(
            140, .resetGPU,
            "Memory lost data before the driver could take the place out of use."),
        Entry(141, .none, "A fast path of CUDA met an error."),
        Entry(142, .support, "Video encoder 3 met an error."),
        Entry(143, .resetGPU, "The GPU could not be initialised."),
        Entry(
            144, .decode,
            "NVLink 5, unit SAW: the words tell what happened.", isFabric: true),
        Entry(
            145, .decode,
            "NVLink 5, unit RLW: the words tell what happened.", isFabric: true),
        Entry(
            146, .decode,
            "NVLink 5, unit TLW: the words tell what happened.", isFabric: true),
        Entry(
            147, .decode,
            "NVLink 5, unit TREX: the words tell what happened.", isFabric: true),
        Entry(
            148, .decode,
            "NVLink 5, unit NVLPW: the words tell what happened.", isFabric: true),
        Entry(
            149, .decode,
            "NVLink 5, unit NETIR: the words tell what happened.", isFabric: true),
        Entry(
            150, .decode,
            "NVLink 5, unit MSE: it stopped or is degraded.", isFabric: true),
        Entry(151, .rebootGuest, "Keys of confidential computing could not be rotated."),
        Entry(152, .none, "The deep learning accelerator met a memory fault."),
        Entry(153, .none, "The deep learning accelerator did not answer in time."),
        Entry(
            154, .decode,
            "The driver changed what it asks for to recover the GPU; the text names it.",
            isWarning: true),
        Entry(
            155, .resetGPU,
            "Software took an NVLink down, on purpose or to let it sleep.", isFabric: true),
        Entry(156, .resetGPU, "A part of the GPU is to be taken out of use."),
        Entry(
            157, .none, "A part of the GPU could not be taken out of use.",
            isWarning: true),
        Entry(
            158, .resetGPU, "The GPU did not answer in time, and will not recover.",
            isFabric: true),
        Entry(
            159, .resetGPU,
            "The link to the CPU met an error; reset where unified memory is used.",
            isFabric: true),
        Entry(
            160, .none, "A memory channel is to be taken out of use.",
            isWarning: true),
        Entry(
            161, .none, "A memory channel could not be taken out of use.",
            isWarning: true),
        Entry(162, .none, "Power smoothing: the hardware is engaged again."),
        Entry(163, .none, "Power smoothing: the hardware is disengaged."),
        Entry(
            164, .none, "Power smoothing: little of the hardware's lifetime is left.",
            isWarning: true),
        Entry(
            165, .none, "Power smoothing: the hardware's lifetime is used up.",
            isWarning: true),
        Entry(
            166, .support,
            "Confidential computing: traffic on NVLink before the link was encrypted.",
            isFabric: true),
        Entry(
            167, .support,
            "An access over PCIe did not end in time, and will not.", isFabric: true),
        Entry(168, .support, "The GPU has less memory than it should."),
        Entry(169, .support, "The security microcontroller (SEC2) halted."),
        Entry(
            170, .support,
            "Confidential computing: an NVLink interrupt that should not occur.", isFabric: true),
        Entry(171, .resetGPU, "Details of Xid 48: the data was lost in DRAM."),
        Entry(172, .resetGPU, "Details of Xid 48: the data was lost in SRAM."),
        Entry(173, .support, "The chip-to-chip link between GPU and CPU failed.", isFabric: true),
        Entry(174, .application, "A channel was ended without a further message."),
        Entry(175, .support, "The memory subsystem met an error."),
        Entry(
            176, .support, "The PCIe link met a fault that was corrected.", isFabric: true,
            isWarning: true),
    ]
}
