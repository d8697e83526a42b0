import Model

@testable import Health

/// The node of a scenario: what is plugged into it, and what can be seen of it.
struct World {
    /// An HCA with one port and the cable from there to a leaf switch.
    struct Cable {
        var link = (state: UInt8(4), physical: UInt8(5))
        var lanes: UInt8 = 4
        /// The most lanes and the fastest grade that each end has enabled.
        var allowed: [String: (lanes: UInt8, grade: String)] = [:]
        var laneRate: UInt32 = 106_250
        var fec: FECMode? = .reedSolomon
        var lid: UInt16 = 17
        var managerLID: UInt16 = 1
        var isPeerSeen = true
        var failure: Failure?
        var isListed = true
        var firmware: String? = "28.39.1002"
        var leafPort: UInt8
        var narrow: Set<String> = []
    }

    /// A GPU with the NVLink 3.
    struct GPU {
        var isAbsent = false
        var isListed = true
        var state = GPUState.read
        var hungSince: Double?
        var condition = GPUCondition()
        var asks: UInt64?
        var link: UInt64 = 1
        /// As it was read last.
        var seenLink: UInt64 = 2
        var wasLinkActive = false
        var remote: NVLinkRemote?
        var speed: UInt64 = 32_000
        var utilization: UInt64?
        var epoch: UInt64 = 0
        /// When it was read last, and whether it has begun anew since.
        var read: Moment?
        var isBegun = false

        mutating func begin() {
            epoch += 1
            isBegun = true
            state = .read
        }
    }

    /// One that reads.
    struct Probe {
        var silentSince: Double?
        var isEmpty = false
    }

    var cables: [Cable]
    var gpus: [GPU]
    var probes = ["infiniband": Probe(), "gpu": Probe()]
    var library = GPULibrary.State.ready
    var kernelLogTrouble: String?
    var historyTrouble: String?
    var manifest: Manifest?
    var journal = EventJournal()
    var window = EventWindow()
    var records: UInt64 = 0
    var told: [(time: Double, event: PortEvent)] = []
    var epoch: UInt64 = 7
    var bootID = "boot"
    var bootedAt = -10_000.0
    var wallShift = 0.0
    var lanes: UInt64 = 16
    var missUntil = -1.0

    /// A node with as many cables and GPUs as the lines name, at least one of each.
    init(_ lines: [Scenario.Line]) {
        let ofGPUs: Set<Substring> = ["gpu", "nvlink"]
        func count(_ isGPU: Bool) -> Int {
            lines.filter { ofGPUs.contains($0.name) == isGPU }.map { $0.index + 1 }.max() ?? 1
        }
        cables = (0..<count(false)).map { Cable(leafPort: UInt8(5 + $0)) }
        gpus = Array(repeating: GPU(), count: count(true))
    }
}

// MARK: What happens

extension World {
    private static let states: [String: (UInt8, UInt8)] = [
        "down": (1, 4), "polling": (1, 2), "init": (2, 5), "off": (1, 3), "up": (4, 5),
    ]

    /// Takes in what happens to a cable; false for anything else.
    mutating func happenToCable(_ line: Scenario.Line) -> Bool {
        guard cables.indices.contains(line.index) else { return false }
        var cable = cables[line.index]
        switch (line.name, line.word) {
        case ("link", let word):
            guard let state = Self.states[word] else { return false }
            cable.link = state
        case ("peer", "lost"): cable.isPeerSeen = false
        case ("peer", "back"): cable.isPeerSeen = true
        case (let end, "narrow"): cable.narrow.insert(String(end))
        case ("local", "lost"): cable.failure = .timeout
        case ("local", "nolid"): cable.failure = .noAddress
        case ("local", "back"): cable.failure = nil
        case ("hca", "lost"): cable.isListed = false
        case ("hca", "back"): cable.isListed = true
        case ("sm", _): cable.managerLID = UInt16(line.number ?? 0)
        case ("lid", _): cable.lid = UInt16(line.number ?? 0)
        case ("rate", _): cable.laneRate = UInt32(line.number ?? 0)
        case ("lanes", _): cable.lanes = UInt8(line.number ?? 0)
        case ("allow", let end):
            guard line.words.count == 4, let lanes = UInt8(line.words[2]) else { return false }
            cable.allowed[end] = (lanes, line.words[3])
        case ("fec", "none"): cable.fec = FECMode.none
        case ("fec", "rs"): cable.fec = .reedSolomon
        case ("cable", _): cable.leafPort = UInt8(line.number ?? 0)
        case ("firmware", let version): cable.firmware = version == "unknown" ? nil : version
        default: return false
        }
        cables[line.index] = cable
        return true
    }

    /// Takes in what happens to a GPU; false for anything else.
    mutating func happenToGPU(_ line: Scenario.Line) -> Bool {
        guard gpus.indices.contains(line.index) else { return false }
        var gpu = gpus[line.index]
        switch (line.name, line.word) {
        case ("gpu", "lost"): gpu.isListed = false
        case ("gpu", "absent"): gpu.isAbsent = true
        case ("gpu", "fails"): gpu.state = .failed(failure(Int32(line.number ?? 999)))
        case ("gpu", "busy"): gpu.state = .busy(call)
        case ("gpu", "hang"):
            gpu.state = .busy(call)
            gpu.hungSince = line.time
        case ("gpu", "back"):
            (gpu.isListed, gpu.isAbsent, gpu.state, gpu.hungSince) = (true, false, .read, nil)
        case ("gpu", "asks"): gpu.asks = line.number
        case ("nvlink", "down"): gpu.link = 0
        case ("nvlink", "up"): gpu.link = 1
        case ("nvlink", "sleep"): gpu.link = 2
        case ("fabric", _):
            gpu.condition.fabricState = line.number
            gpu.condition.fabricStatus = 0
        case ("mask", _): gpu.condition.fabricMask = line.number
        case ("remap", let word):
            gpu.condition.isRemapPending = word == "pending"
            gpu.condition.hasRemapFailed = word == "failed"
        case ("rows", _): gpu.condition.remappedRows = line.number
        case ("idle", _): (gpu.speed, gpu.utilization) = (2500, 0)
        case ("speed", _): gpu.speed = line.number ?? 0
        case ("gpu", "works"): gpu.utilization = line.number
        case ("nvlink", "leads"): gpu.remote = Self.remotes[line.words.last ?? ""]
        default: return false
        }
        gpus[line.index] = gpu
        return true
    }

    private static let remotes = [
        "gpu2": NVLinkRemote(kind: .gpu, address: gpuAddress(1)),
        "switch": NVLinkRemote(kind: .nvswitch, address: nil),
    ]

    private var call: GPUCall {
        GPUCall(function: "nvmlDeviceGetFieldValues", family: .ecc, nanoseconds: 1, thread: 7)
    }

    private func failure(_ code: Int32) -> GPUFailure {
        GPUFailure(function: "nvmlDeviceGetHandleByPciBusId_v2", code: code, codeName: "NAME")
    }

    /// Takes in what happens to the node; false for anything else.
    mutating func happen(_ line: Scenario.Line) -> Bool {
        switch (line.name, line.word) {
        case ("wall", let step):
            let seconds = Scenario.seconds(step.dropFirst())
            wallShift += step.hasPrefix("-") ? -seconds : seconds
        case ("width", _): lanes = line.number ?? 0
        case ("miss", let time): missUntil = line.time + Scenario.seconds(time)
        case ("manifest", _): manifest = Sample.manifest(of: inventory)
        case ("library", "missing"): library = .libraryMissing
        case ("library", "back"): library = .ready
        case ("log", "lost"): kernelLogTrouble = "/dev/kmsg: Operation not permitted (errno 1)"
        case ("log", "back"): kernelLogTrouble = nil
        case ("history", "full"): historyTrouble = "No space is left on the device."
        case ("history", "back"): historyTrouble = nil
        case ("told", _): return tell(line)
        case ("probe", let name):
            guard var probe = probes[name], let what = line.words.last else { return false }
            switch what {
            case "silent": probe.silentSince = line.time
            case "empty": probe.isEmpty = true
            case "back": probe = Probe()
            default: return false
            }
            probes[name] = probe
        default: return false
        }
        return true
    }

    private mutating func tell(_ line: Scenario.Line) -> Bool {
        guard let kind = NodeEvent.Kind(rawValue: line.word) else { return false }
        let numbers = line.words.dropFirst(2).compactMap { UInt32($0) }
        var event = PortEvent(
            kind: kind, device: .named("mlx5_0"), port: 1, ageSeconds: 0,
            count: UInt64(numbers.first ?? 1), line: kind.rawValue)
        event.number = numbers.count > 1 ? numbers[1] : 3
        told.append((line.time, event))
        return true
    }
}

// MARK: What is there

extension World {
    static func near(_ index: Int) -> PortKey { PortKey(node: GUID(0xA0 + UInt64(index)), port: 1) }

    static func uuid(_ index: Int) -> GPUUUID { GPUUUID(high: 1, low: 2 + UInt64(index)) }

    static func gpuAddress(_ index: Int) -> PCIAddress {
        PCIAddress(domain: 0, bus: UInt8(0x18 + 0x10 * index), device: 0)
    }

    static func hcaAddress(_ index: Int) -> PCIAddress {
        PCIAddress(domain: 0, bus: UInt8(0x19 + 0x10 * index), device: 0)
    }

    static let bridgeAddress = PCIAddress(domain: 0, bus: 0x17, device: 0)

    /// Who is at the far end of a cable.
    func peer(_ index: Int) -> PeerIdentity {
        var peer = Sample.peerIdentity
        peer.key = PortKey(node: peer.key.node, port: cables[index].leafPort)
        return peer
    }

    /// What the inventory has of it.
    var inventory: Inventory {
        let hcas = cables.indices.filter { cables[$0].isListed }.map { index in
            let cable = cables[index]
            var hca = HCAItem(device: "mlx5_\(index)")
            hca.guid = Self.near(index).node
            hca.address = Self.hcaAddress(index)
            hca.serial = "MT2345X0000\(index)"
            hca.firmware = cable.firmware
            var port = PortItem(number: 1)
            port.isActive = cable.link.state == 4
            if port.isActive == true {
                (port.widthLanes, port.laneMegabitsPerSecond) = (cable.lanes, cable.laneRate)
                port.fec = cable.fec
            }
            let peer = peer(index)
            port.peer = PeerItem(key: peer.key, description: peer.description)
            hca.ports = [port]
            return hca
        }
        let items = gpus.indices.filter { !gpus[$0].isAbsent }.map { index in
            var item = GPUItem(
                address: Self.gpuAddress(index), index: index, isPresent: gpus[index].isListed)
            item.isListed = gpus[index].isListed
            item.identity = GPUIdentity(uuid: Self.uuid(index))
            return item
        }
        return Inventory(hcas: hcas, gpus: items, areHCAsListed: true, areGPUsListed: true)
    }
}
