import Model

/// Reads who an HCA is, once for every time that the kernel registers it.
struct IdentityReader {
    private(set) var identity = HCAIdentity()
    // Of what was read; nil before the first time.
    private var epoch: UInt64?
    // When to ask again for what was not permitted or failed: a permission may come after the
    // device, and its firmware may be busy while it starts.
    private var retryNanoseconds: UInt64?

    /// Reads what is new; `announce` is called before anything that may take long.
    mutating func readIfDue(
        _ path: String, now: UInt64, interval: UInt64, _ facts: KernelFacts, announce: () -> Void
    ) {
        let inode = KernelFacts.inode(of: path)
        // Of one that is gone everything stays as it was.
        guard inode != 0 else { return }
        let epoch = facts.epoch(devicePath: path)
        guard epoch != self.epoch || retryNanoseconds.map({ now >= $0 }) == true else { return }
        announce()
        var pass = IdentityPass(path: path, facts: facts)
        let fresh = pass.read()
        // What was read while the device went away may be of it or of the next of its name.
        guard KernelFacts.inode(of: path) == inode else {
            self.epoch = nil
            return
        }
        let before = identity
        identity = fresh.identity
        // What a function is there for does not change while nobody may read it.
        if !fresh.hasProductData, identity.address != nil, identity.address == before.address {
            identity.role = before.role
        }
        self.epoch = epoch
        retryNanoseconds = pass.isIncomplete ? now &+ interval : nil
    }
}

/// One reading of one device.
private struct IdentityPass {
    let path: String
    let facts: KernelFacts
    private(set) var isIncomplete = false

    init(path: String, facts: KernelFacts) {
        self.path = path
        self.facts = facts
    }

    mutating func read() -> (identity: HCAIdentity, hasProductData: Bool) {
        var identity = HCAIdentity()
        identity.address = SysfsFile.target(path + "/device").flatMap { target in
            let name = target.split(separator: "/").last ?? ""
            return PCIAddress(name).flatMap { $0.description == name ? $0 : nil }
        }
        identity.boardID = text("\(path)/board_id")
        identity.driver = driver()
        let product = octets("\(path)/device/vpd").flatMap(VitalProductData.init)
        identity.part = product?.part
        identity.serial = product?.serial
        identity.role = product?.isForNVSwitches == true ? .nvswitchManagement : .fabric
        return (identity, product != nil)
    }

    // A driver of the kernel itself has no version of its own.
    private mutating func driver() -> String? {
        let name = KernelFacts.end(ofLink: path + "/device/driver")
        guard !name.isEmpty else { return nil }
        let version = text(facts.path(module: name) + "/version")
        return ([name] + [version].compactMap(\.self)).joined(separator: " ")
    }

    // What is no text in the first line, as of a device that does not know, is nothing.
    private mutating func text(_ file: String) -> String? {
        guard let octets = octets(file) else { return nil }
        let line = octets.prefix { $0 != 0x0A }
        guard line.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
        let words = String(decoding: line.prefix(64), as: UTF8.self).split(separator: " ")
        return words.isEmpty ? nil : words.joined(separator: " ")
    }

    private mutating func octets(_ file: String) -> [UInt8]? {
        do throws(SysfsFile.Absence) {
            return try SysfsFile.bytes(file)
        } catch {
            switch error {
            case .noPermission, .failed: isIncomplete = true
            default: break
            }
            return nil
        }
    }
}
