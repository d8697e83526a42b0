import Model

/// State, width and rate of a port as sysfs has them, for a port that no datagram is sent to.
///
/// The files are `state` ("4: ACTIVE"), `phys_state` ("5: LinkUp") and `rate` ("200 Gb/sec (4X
/// HDR)"; Documentation/ABI/stable/sysfs-class-infiniband). Each makes the driver ask the device.
struct KernelLink {
    /// What was read; nil when the state could not be.
    private(set) var info: LinkInfo?
    /// Why not.
    private(set) var failure: Failure?

    private var state = RefusableFile("")
    private var physicalState = RefusableFile("")
    private var rate = RefusableFile("")
    private var epoch: UInt64?

    /// Reads the port; what is refused is not asked for again in the same instance of the device.
    mutating func read(
        _ port: (devicePath: String, number: UInt8), now: UInt64, interval: UInt64,
        _ facts: KernelFacts
    ) {
        let epoch = facts.epoch(devicePath: port.devicePath)
        if epoch != self.epoch {
            self.epoch = epoch
            let path = "\(port.devicePath)/ports/\(port.number)"
            state = RefusableFile(path + "/state")
            physicalState = RefusableFile(path + "/phys_state")
            rate = RefusableFile(path + "/rate")
        }
        info = nil
        failure = nil
        do throws(SysfsFile.Absence) {
            info = try link(now: now, interval: interval)
        } catch {
            failure =
                switch error {
                case .refused: .refused
                case .noPermission: .noPermission
                case .failed: .transport
                }
        }
    }

    private mutating func link(
        now: UInt64, interval: UInt64
    ) throws(SysfsFile.Absence) -> LinkInfo {
        let state = try Self.number(state.line(now: now, interval: interval))
        let physicalState = try Self.number(physicalState.line(now: now, interval: interval))
        let rate = (try? rate.line(now: now, interval: interval))?.split(separator: " ") ?? []
        let megabits = rate.first.flatMap { Double($0) }.map { $0 * 1000 }
        let width = rate.dropFirst(2).first.flatMap {
            UInt8($0.drop { $0 == "(" }.prefix { $0.isNumber })
        }
        let lane = width.flatMap { width in
            width > 0 ? megabits.flatMap { UInt32(exactly: ($0 / Double(width)).rounded()) } : nil
        }
        return LinkInfo(
            state: state, physicalState: physicalState, widthLanes: lane == nil ? 0 : width ?? 0,
            laneMegabitsPerSecond: lane ?? 0, lid: 0, smLID: 0, capabilityMask: 0)
    }

    private static func number(_ line: String) throws(SysfsFile.Absence) -> UInt8 {
        guard let number = UInt8(line.prefix { $0 != ":" }) else { throw .failed }
        return number
    }
}
