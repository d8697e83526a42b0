import Foundation
import Glibc
import Model

/// A `/sys` of PCI functions, of a test's own: real directories below `devices`, and the links that
/// the kernel makes to them.
package final class FakeSysfs {
    /// Stands for `/sys`.
    package let root: String
    private let isOwned: Bool
    private var paths: [PCIAddress: String] = [:]

    /// The kinds of errors by file: total and names, as Linux 6.8 writes them.
    package static let errorNames: [String: (total: String, names: [String])] = [
        "aer_dev_correctable": (
            "TOTAL_ERR_COR",
            [
                "RxErr", "BadTLP", "BadDLLP", "Rollover", "Timeout", "NonFatalErr", "CorrIntErr",
                "HeaderOF",
            ]
        ),
        "aer_dev_nonfatal": ("TOTAL_ERR_NONFATAL", uncorrectable),
        "aer_dev_fatal": ("TOTAL_ERR_FATAL", uncorrectable),
    ]

    private static let uncorrectable = [
        "Undefined", "DLP", "SDES", "TLP", "FCP", "CmpltTO", "CmpltAbrt", "UnxCmplt", "RxOF",
        "MalfTLP", "ECRC", "UnsupReq", "ACSViol", "UncorrIntErr", "BlockedTLP",
        "AtomicOpBlocked", "TLPBlockedErr", "PoisonTLPBlocked",
    ]

    /// An empty tree; without a place one of its own, which goes with it.
    package init(_ place: String? = nil) throws {
        isOwned = place == nil
        // Links lead to where a directory really is.
        let temporary = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        root = place ?? temporary.appendingPathComponent("sys-\(UUID().uuidString)").path
        for directory in ["bus/pci/devices", "bus/pci_express/drivers/aer"] {
            try make("\(root)/\(directory)")
        }
    }

    deinit { if isOwned { try? FileManager.default.removeItem(atPath: root) } }

    private func make(_ directory: String) throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
    }

    /// The directory of a function that was added.
    package func directory(_ address: PCIAddress) -> String { paths[address] ?? "" }

    // MARK: Functions

    /// Adds a function below a bridge, or below the root of its domain.
    package func add(
        _ address: PCIAddress, below bridge: PCIAddress? = nil, vendor: String = "0x8086",
        kind: String = "0x060400", numaNode: Int = 0
    ) throws {
        let bus = Hexadecimal.padded(UInt32(address.bus & 0x80), digits: 2)
        let above =
            bridge.map(directory)
            ?? "\(root)/devices/pci\(Hexadecimal.padded(address.domain, digits: 4)):\(bus)"
        let path = "\(above)/\(address)"
        paths[address] = path
        try make(path)
        let files = [
            "vendor": vendor, "class": kind, "numa_node": "\(numaNode)",
            "current_link_width": "16", "max_link_width": "16",
            "current_link_speed": "32.0 GT/s PCIe", "max_link_speed": "32.0 GT/s PCIe",
        ]
        for (name, text) in files { try set(address, name, text) }
        for file in Self.errorNames.keys { try count(address, file, [:]) }
        try configure(address, [0x86, 0x80] + [UInt8](repeating: 0x10, count: 62))
        let link = "\(root)/bus/pci/devices/\(address)"
        try? FileManager.default.removeItem(atPath: link)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    }

    /// Adds a root port whose errors the kernel receives.
    package func addRoot(
        _ address: PCIAddress, numaNode: Int = 0, isNative: Bool = true
    ) throws {
        try add(address, numaNode: numaNode)
        guard isNative else { return }
        try make("\(root)/bus/pci_express/drivers/aer/\(address):pcie002")
    }

    /// Adds a GPU.
    package func addGPU(
        _ address: PCIAddress, below bridge: PCIAddress? = nil, numaNode: Int = 0
    ) throws {
        try add(address, below: bridge, vendor: "0x10de", kind: "0x030200", numaNode: numaNode)
    }

    /// Adds an HCA with one RDMA device.
    package func addHCA(
        _ address: PCIAddress, _ name: String, below bridge: PCIAddress? = nil, numaNode: Int = 0,
        kind: String = "0x020700"
    ) throws {
        try add(address, below: bridge, vendor: "0x15b3", kind: kind, numaNode: numaNode)
        let device = "\(directory(address))/infiniband/\(name)"
        try make(device)
        try make("\(root)/class/infiniband")
        let link = "\(root)/class/infiniband/\(name)"
        try? FileManager.default.removeItem(atPath: link)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: device)
        try FileManager.default.createSymbolicLink(
            atPath: device + "/device", withDestinationPath: directory(address))
    }

    /// Takes a function off the bus; its inode number is not used again while the tree is there.
    package func remove(_ address: PCIAddress) throws {
        try FileManager.default.moveItem(
            atPath: directory(address), toPath: "\(root)/removed-\(UUID().uuidString)")
        try FileManager.default.removeItem(atPath: "\(root)/bus/pci/devices/\(address)")
    }

    // MARK: Files

    /// Writes a line to a file of a function.
    package func set(_ address: PCIAddress, _ file: String, _ text: String) throws {
        let path = "\(directory(address))/\(file)"
        try make(URL(fileURLWithPath: path).deletingLastPathComponent().path)
        try write(Array("\(text)\n".utf8), to: path)
    }

    /// Writes the octets of a file of a function.
    package func put(_ address: PCIAddress, _ file: String, _ bytes: [UInt8]) throws {
        try write(bytes, to: "\(directory(address))/\(file)")
    }

    // Replaced at once, as a reader may come at any time.
    private func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    /// Puts a link in the place of a file.
    package func link(_ address: PCIAddress, _ file: String, to target: String) throws {
        let path = "\(directory(address))/\(file)"
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
    }

    /// Takes a file of a function away.
    package func unset(_ address: PCIAddress, _ file: String) throws {
        try FileManager.default.removeItem(atPath: "\(directory(address))/\(file)")
    }

    /// Puts a directory in the place of a file: reading it fails, as reading a device may.
    package func spoil(_ address: PCIAddress, _ file: String) throws {
        try unset(address, file)
        try make("\(directory(address))/\(file)")
    }

    /// Writes the configuration space; all ones for a function that is gone from the bus.
    package func configure(_ address: PCIAddress, _ bytes: [UInt8]) throws {
        try put(address, "config", bytes)
    }

    /// Writes an AER file with these counts, of the total as well.
    package func count(
        _ address: PCIAddress, _ file: String, _ counts: [String: UInt64]
    ) throws {
        guard let kind = Self.errorNames[file] else { return }
        let lines = kind.names.map { "\($0) \(counts[$0] ?? 0)" }
        let total = counts.values.reduce(0, +)
        try set(
            address, file, (lines + ["\(kind.total) \(total)"]).joined(separator: "\n"))
    }
}

extension FakeSysfs {
    /// An address in domain 0.
    package static func address(
        _ bus: UInt8, _ device: UInt8 = 0, _ function: UInt8 = 0
    ) -> PCIAddress {
        PCIAddress(domain: 0, bus: bus, device: device, function: function)
    }

    /// The root ports of `addDGX`, one for each switch.
    package static let dgxRoots = [0x15, 0x37, 0x97, 0xB7].map { address($0, 1) }

    /// A DGX H100: below each of four root ports a switch with two GPUs and two InfiniBand HCAs,
    /// below two more an Ethernet HCA each.
    ///
    /// GPUs are at 18, 2a, 3a, 5d, 9a, ab, ba and db.
    package func addDGX() throws {
        let gpus: [UInt8] = [0x18, 0x2A, 0x3A, 0x5D, 0x9A, 0xAB, 0xBA, 0xDB]
        for (number, port) in Self.dgxRoots.enumerated() {
            let node = number / 2
            try addRoot(port, numaNode: node)
            let upstream = Self.address(port.bus + 1)
            try add(upstream, below: port, numaNode: node)
            for place in 0..<4 {
                let leg = Self.address(port.bus + 2, UInt8(place))
                try add(leg, below: upstream, numaNode: node)
                let index = 2 * number + place % 2
                if place < 2 {
                    try addGPU(Self.address(gpus[index]), below: leg, numaNode: node)
                } else {
                    try addHCA(
                        Self.address(gpus[index] + 1), "mlx5_\(index)", below: leg,
                        numaNode: node)
                }
            }
        }
        for (index, bus) in [UInt8(0x20), 0xA0].enumerated() {
            try addRoot(Self.address(bus, 1), numaNode: index)
            try addHCA(
                Self.address(bus + 1), "mlx5_\(8 + index)", below: Self.address(bus, 1),
                numaNode: index, kind: "0x020000")
        }
        // NVSwitches are of the GPUs' vendor and no GPUs.
        try addRoot(Self.address(0x01, 1))
        for bus in UInt8(0x05)...0x08 {
            try add(
                Self.address(bus), below: Self.address(0x01, 1), vendor: "0x10de",
                kind: "0x068000", numaNode: 0)
        }
    }
}
