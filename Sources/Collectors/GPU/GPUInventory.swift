import Glibc
package import Model

/// The GPUs that the PCI buses of this node list, whether or not a driver can talk to them.
///
/// It reads what the kernel keeps in memory and never asks a device, as reading a `config` file
/// would. The kernel's list tells of a GPU that NVML does not count any more.
package struct GPUInventory: Sendable {
    /// A GPU that was listed at least once.
    package struct Place: Hashable, Sendable {
        /// Where it is.
        package var address: PCIAddress
        /// See `GPUDeviceReport.epoch`; as it was when the GPU was last listed.
        package var epoch: UInt64
        /// Whether it is listed now.
        package var isListed: Bool
    }

    /// The loaded kernel module.
    package struct Module: Hashable, Sendable {
        /// Another number every time the module is loaded; zero while it is not.
        package var inode: UInt64
        /// Its version; empty when it cannot be read.
        package var version: String

        /// The module as it is now; `sysRoot` stands for `/sys`.
        init(sysRoot: String) {
            let path = "\(sysRoot)/module/nvidia"
            inode = KernelFacts.inode(of: path)
            version = KernelFacts.word(of: path + "/version")
        }

        /// None.
        init() { (inode, version) = (0, "") }
    }

    // Looking at every PCI function costs a thousand calls on a large node; looking at known GPUs
    // costs one each.
    private static let intervalNanoseconds: UInt64 = 60_000_000_000

    private let sysRoot: String
    private let bootID: String
    private var dueNanoseconds: UInt64 = 0

    /// What was listed at least once and no other driver has, by address.
    package private(set) var places: [Place] = []
    /// Where GPUs are that another driver has, such as vfio-pci or nouveau.
    package private(set) var foreign: [PCIAddress] = []
    /// The kernel module, as last looked at.
    package private(set) var module = Module()

    /// An inventory that has not looked yet; `sysRoot` stands for `/sys`.
    package init(sysRoot: String, bootID: String) {
        self.sysRoot = sysRoot
        self.bootID = bootID
    }

    /// Looks at the kernel module and at known GPUs, and now and then for new ones.
    package mutating func look(now: UInt64) {
        let before = module
        module = Module(sysRoot: sysRoot)
        for index in places.indices { refresh(index) }
        let gone = places.map(\.address).filter(isForeign)
        places.removeAll { gone.contains($0.address) }
        foreign += gone
        guard now >= dueNanoseconds || module != before else { return }
        dueNanoseconds = now &+ Self.intervalNanoseconds
        lookForNew()
    }

    private mutating func lookForNew() {
        foreign = []
        let known = Set(places.map(\.address))
        for address in Self.gpus(sysRoot: sysRoot) where !known.contains(address) {
            guard !isForeign(address) else {
                foreign.append(address)
                continue
            }
            places.append(Place(address: address, epoch: 0, isListed: true))
            refresh(places.count - 1)
        }
        places.sort { $0.address < $1.address }
    }

    private mutating func refresh(_ index: Int) {
        let inode = KernelFacts.inode(
            of: "\(Self.directory(sysRoot))/\(places[index].address)")
        places[index].isListed = inode != 0
        guard inode != 0 else { return }
        // The device's directory is a new one after it was removed and found again.
        var hash = FixedHash()
        hash.combine(bootID)
        hash.combine(module.inode)
        hash.combine(module.version)
        hash.combine(inode)
        places[index].epoch = hash.value
    }

    // MARK: Listing

    /// The GPUs of NVIDIA, by address: functions of vendor 0x10de and class 0x0300 (VGA) or 0x0302
    /// (3D controller), without the virtual ones, which are parts of their GPU.
    ///
    /// A function that vanishes, or that cannot be read, is not among them.
    static func gpus(sysRoot: String) -> [PCIAddress] {
        KernelFacts.names(in: directory(sysRoot)).compactMap { name -> PCIAddress? in
            let path = "\(directory(sysRoot))/\(name)"
            guard let address = PCIAddress(name), number(path + "/vendor") == 0x10de,
                let code = number(path + "/class"), code >> 8 == 0x0300 || code >> 8 == 0x0302,
                KernelFacts.end(ofLink: path + "/physfn").isEmpty
            else { return nil }
            return address
        }
        .sorted()
    }

    // Without a driver it is missed all the same: it may have failed to take the GPU up.
    private func isForeign(_ address: PCIAddress) -> Bool {
        let link = "\(Self.directory(sysRoot))/\(address)/driver"
        return !["", "nvidia"].contains(KernelFacts.end(ofLink: link))
    }

    private static func directory(_ sysRoot: String) -> String {
        "\(sysRoot)/bus/pci/devices"
    }

    private static func number(_ path: String) -> UInt32? {
        let word = KernelFacts.word(of: path)
        guard word.hasPrefix("0x") else { return nil }
        return UInt32(word.dropFirst(2), radix: 16)
    }
}
