import Model

extension GPUReader {
    /// Reads who the GPU is, and says whether it is another one than before.
    ///
    /// Without its UUID nothing else is taken over, since it may be of another board.
    mutating func readIdentity(_ device: NVMLDevice) throws(Interruption) -> Bool {
        let answer = try caller.ask("nvmlDeviceGetUUID", .identity) { () throws(NVMLError) in
            try device.uuid()
        }
        guard case .success(let text) = answer, let uuid = GPUUUID(text) else {
            hasFailed = true
            return false
        }
        let isAnother = identity.map { $0.uuid != uuid } ?? false
        var read = identity ?? GPUIdentity(uuid: uuid)
        if isAnother { read = GPUIdentity(uuid: uuid) }
        try update(&read.name, "nvmlDeviceGetName") { () throws(NVMLError) in
            try device.name()
        }
        try update(&read.serial, "nvmlDeviceGetSerial") { () throws(NVMLError) in
            try device.serial()
        }
        try update(&read.boardPart, "nvmlDeviceGetBoardPartNumber") { () throws(NVMLError) in
            try device.boardPartNumber()
        }
        try update(&read.vbios, "nvmlDeviceGetVbiosVersion") { () throws(NVMLError) in
            try device.vbiosVersion()
        }
        try update(&read.infoROM, "nvmlDeviceGetInforomImageVersion") { () throws(NVMLError) in
            try device.inforomVersion()
        }
        try update(&read.gspFirmware, "nvmlDeviceGetGspFirmwareVersion") {
            () throws(NVMLError) in try device.gspFirmwareVersion()
        }
        try update(&read.minor, "nvmlDeviceGetMinorNumber") { () throws(NVMLError) in
            try device.minorNumber()
        }
        try update(&read.moduleID, "nvmlDeviceGetModuleId") { () throws(NVMLError) in
            // 0 stands for a board without slots.
            let slot = try device.moduleID()
            return slot == 0 ? nil : slot
        }
        identity = read
        return isAnother
    }

    private mutating func update(
        _ text: inout String, _ function: String, _ body: () throws(NVMLError) -> String
    ) throws(Interruption) {
        var value: String? = text
        try update(&value, function) { () throws(NVMLError) -> String? in try body() }
        text = value ?? ""
    }

    // What cannot be read this time stays as it was.
    private mutating func update<Value>(
        _ value: inout Value?, _ function: String, _ body: () throws(NVMLError) -> Value?
    ) throws(Interruption) {
        switch try caller.ask(function, .identity, body) {
        case .success(let new): value = new
        case .failure(let error):
            switch error.code.kind {
            case .absentCapability, .permission: value = nil
            case .success, .transient, .gpuBad, .library: hasFailed = true
            }
        }
    }

    /// Adds the fabric's cluster to the identity.
    mutating func noteCluster() {
        var halves: [UInt64] = []
        for row in [ReadingPlan.clusterRow, ReadingPlan.clusterRow + 1] {
            switch gpu.reading(row) {
            case .value(let half, _), .held(let half, _): halves.append(half)
            // It belongs to the cluster that it was last seen in.
            case .failed: return
            case .unsupported, .noPermission: break
            }
        }
        guard halves.count == 2 else {
            identity?.fabricCluster = ""
            return
        }
        let digits = halves.map { Hexadecimal.padded($0, digits: 16) }.joined()
        var rest = digits[...]
        let groups = [8, 4, 4, 4, 12].map { length in
            let group = rest.prefix(length)
            rest = rest.dropFirst(length)
            return group
        }
        identity?.fabricCluster = groups.joined(separator: "-")
    }

    /// Tries anew what was not offered when the GPU was, or was not, divided into instances.
    mutating func forgetAbsencesOfPartition() {
        guard case .value(let mode, _) = gpu.reading(Self.partitionRow), mode != partition else {
            return
        }
        if partition != nil { gpu.retry() }
        partition = mode
    }

    private static let partitionRow =
        GPUCounters.all.count
        + (GPUCounters.gauges.firstIndex { $0.name == "mig_mode" } ?? 0)
}
