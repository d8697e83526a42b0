package import Model

/// Reads the manifest as strictly as the settings: what is misspelt would else not be expected.
package enum ManifestFile {
    /// Reads and checks the file at `path`.
    ///
    /// One that is absent, unreadable, larger than 1 MiB, wrong anywhere or without any
    /// expectation is refused.
    package static func load(path: String) throws(SettingsError) -> Manifest {
        try parse(
            bytes: YAMLFile.contents(of: path, " the manifest (inventory.manifest)"), file: path)
    }

    /// Checks the text of a manifest, UTF-8; `file` is what refusals call it.
    package static func parse(bytes: [UInt8], file: String) throws(SettingsError) -> Manifest {
        var draft = ManifestDraft()
        var decoding = Decoding()
        do throws(SettingsDiagnostic) {
            let root = try YAMLReader.read(bytes, refusals: &decoding.refusals)
            if let root {
                decoding.readGroup(root, ManifestTable.all, prefix: "", into: &draft)
                decoding.refuseUnplaced(root)
            }
            if decoding.positions.isEmpty, decoding.refusals.isEmpty {
                decoding.refusals.append(
                    SettingsDiagnostic(at: root?.position, "got nothing, expected hcas or gpus"))
            }
        } catch {
            decoding.refusals.append(error)
        }
        guard decoding.refusals.isEmpty else { throw SettingsError(file: file, decoding.refusals) }
        return Manifest(
            hcas: decoding.positions["hcas"].map { _ in draft.hcas },
            gpus: decoding.positions["gpus"].map { _ in draft.gpus })
    }
}

struct ManifestDraft: SettingsGroup {
    static let defaults = ManifestDraft()

    var hcas: [ExpectedHCA] = []
    var gpus: [ExpectedGPU] = []
}

/// What has facts that are expected of it.
protocol Expecting: SettingsGroup {
    var facts: [String: String] { get set }
}

extension ExpectedHCA: Expecting {
    static let defaults = ExpectedHCA()
}

extension ExpectedPort: Expecting {
    static let defaults = ExpectedPort(number: 0)
}

extension ExpectedGPU: Expecting {
    static let defaults = ExpectedGPU(slot: PCIAddress(domain: 0, bus: 0, device: 0))
}

/// Every key of a manifest; the facts are those of `ManifestFacts`.
enum ManifestTable {
    static var all: [Setting<ManifestDraft>] {
        [
            Setting(
                "hcas", \.hcas,
                .entries(
                    hca, of: "HCAs",
                    unique: [
                        UniqueKey(key: "slot") { $0.slot?.description },
                        UniqueKey(key: "device") { $0.device },
                        UniqueKey(key: "guid") { $0.facts["guid"] },
                    ]),
                help: "The HCAs, those that only serve NVSwitches left out; without the key "
                    + "nothing is expected of HCAs, and with [] none is.", reason: ""),
            Setting(
                "gpus", \.gpus,
                .entries(
                    gpu, of: "GPUs",
                    unique: [
                        UniqueKey(key: "slot") { $0.slot.description },
                        UniqueKey(key: "uuid") { $0.facts["uuid"] },
                    ]),
                help: "The GPUs; without the key nothing is expected of GPUs, and with [] none is.",
                reason: ""),
        ]
    }

    private static var hca: [Setting<ExpectedHCA>] {
        [
            Setting(
                "slot", \.slot, .optionalSlot,
                help: "The PCI address; an HCA has a slot or a device, and not both.", reason: ""),
            Setting(
                "device", \.device, .fact(.text),
                help: "The name of the device, for an HCA that is no PCI function.", reason: ""),
        ] + facts(ManifestFacts.hca)
            + [
                Setting(
                    "ports", \.ports,
                    .entries(
                        port, of: "ports", unique: [UniqueKey(key: "number") { "\($0.number)" }]),
                    help: "Its ports; of one that is left out nothing is expected.", reason: "")
            ]
    }

    private static var port: [Setting<ExpectedPort>] {
        [
            Setting(
                "number", \.number, .portNumber, isRequired: true, help: "The number of the port.",
                reason: "")
        ] + facts(ManifestFacts.port)
    }

    private static var gpu: [Setting<ExpectedGPU>] {
        [
            Setting(
                "slot", \.slot, .slot, isRequired: true, help: "The PCI address.", reason: "")
        ] + facts(ManifestFacts.gpu)
    }

    private static func facts<Item, Root: Expecting>(
        _ rows: [ManifestFact<Item>]
    ) -> [Setting<Root>] {
        rows.map { row in
            Setting(
                row.key, \Root.facts[row.key], .fact(row.form), help: row.meaning, reason: "")
        }
    }
}

extension SettingKind where Value == String? {
    /// A fact of a manifest; never nil once it is read.
    static func fact(_ form: FactForm) -> Self {
        switch form {
        case .text:
            scalar("text of 1 to \(ManifestFacts.textBytesMax) bytes") { (scalar) throws(Refusal) in
                let text = try scalar.quotedText()
                return (1...ManifestFacts.textBytesMax).contains(text.utf8.count) ? text : nil
            }
        case .guid:
            scalar("a GUID other than 0: 0x and 16 hexadecimal digits") { scalar in
                GUIDText.parse(scalar.text).flatMap { $0 == 0 ? nil : GUIDText.render($0) }
            }
        case .uuid:
            scalar("a UUID as nvidia-smi -L shows it: GPU-...") { scalar in
                GPUUUID(scalar.text)?.description
            }
        case .number:
            scalar("a whole number from 0 to \(UInt32.max)") { scalar in
                UInt32(scalar.text).map { "\($0)" }.flatMap {
                    scalar.isPlain && $0 == scalar.text ? $0 : nil
                }
            }
        case .word(let words):
            scalar("one of \(words.joined(separator: ", "))") { scalar in
                words.contains(scalar.text) ? scalar.text : nil
            }
        }
    }

    private static func scalar(
        _ expected: String, parse: @escaping @Sendable (Scalar) throws(Refusal) -> String?
    ) -> Self {
        Self(scalar: expected, render: { $0 ?? "none" }) { (scalar) throws(Refusal) in
            guard let text = try parse(scalar) else { throw Refusal() }
            return text
        }
    }
}

extension SettingKind where Value == PCIAddress {
    /// A PCI address in any of the forms that tools print.
    static var slot: Self {
        Self(
            scalar: "a PCI address such as \"0000:18:00.0\"", render: { "\"\($0)\"" }
        ) { (scalar) throws(Refusal) in
            guard let address = PCIAddress(scalar.text) else { throw Refusal() }
            return address
        }
    }
}

extension SettingKind where Value == PCIAddress? {
    /// The same, where it may be left out.
    static var optionalSlot: Self {
        let kind = SettingKind<PCIAddress>.slot
        return Self(expected: kind.expected, render: { $0.map(kind.render) ?? "none" }) {
            node, key, decoding in
            kind.read(node, key, &decoding).map(Optional.some)
        }
    }
}

extension SettingKind where Value == UInt8 {
    /// The number of a port (IBTA vol 1, 3.5.3).
    static var portNumber: Self {
        let kind = SettingKind<Int>.integer(1...254)
        return Self(expected: kind.expected, render: { "\($0)" }) { node, key, decoding in
            kind.read(node, key, &decoding).map { UInt8($0) }
        }
    }
}

extension Decoding {
    /// Refuses HCAs of which it is not said where they are, or said twice.
    fileprivate mutating func refuseUnplaced(_ root: YAMLNode) {
        guard case .mapping(let pairs) = root.content,
            case .sequence(let items) = pairs.first(where: { $0.key == "hcas" })?.value.content
        else { return }
        for (index, item) in items.enumerated() {
            let key = "hcas[\(index)]"
            let count = ["slot", "device"].count { positions["\(key).\($0)"] != nil }
            guard count != 1 else { continue }
            refuse(
                key, at: item.position,
                "got \(count == 0 ? "neither slot nor device" : "slot and device"), expected one "
                    + "of them")
        }
    }
}
