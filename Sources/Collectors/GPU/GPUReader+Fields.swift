import Model

/// One call for the fields of a family, with what its entries are about.
struct FieldCall {
    /// What one entry is about.
    struct Target {
        /// The link; nil for the GPU.
        let link: Int?
        let slot: Int
    }

    let family: FieldFamily
    fileprivate let slots: [ReadingPlan.FieldSlot]
    fileprivate var batch = NVMLFieldBatch([])
    fileprivate var targets: [Target] = []
    /// The version of the reader that the batch is of.
    fileprivate var version = -1
    /// Whether the one that spoils the others was looked for.
    fileprivate var wasSearched = false
    /// Whether each field is asked for in a call of its own, all links together.
    fileprivate var isSplit = false

    init(_ family: FieldFamily) {
        self.family = family
        let plan = family.isPerLink ? ReadingPlan.link : ReadingPlan.gpu
        slots = FieldFamily.all.firstIndex(of: family).map { plan.fields[$0] } ?? []
    }
}

extension GPUReader {
    private static let function = "nvmlDeviceGetFieldValues"

    /// Asks for the fields of a family.
    mutating func ask(_ index: Int, _ device: NVMLDevice) throws(Interruption) {
        noteChanges()
        if calls[index].version != version { build(index) }
        guard !calls[index].targets.isEmpty else { return }
        guard !calls[index].isSplit else {
            try askSeparately(index, device)
            return
        }
        let result = try caller.ask(Self.function, calls[index].family.family) {
            () throws(NVMLError) in try device.read(&calls[index].batch)
        }
        guard case .failure(let error) = result, error.code.kind != .transient,
            !calls[index].wasSearched
        else {
            // After a failure every entry has its code.
            try take(calls[index].batch, calls[index].targets[...])
            return
        }
        calls[index].wasSearched = true
        try search(index, device)
    }

    private mutating func noteChanges() {
        guard gpu.hasChanged || links.contains(where: { $0.memory.hasChanged }) else { return }
        version += 1
        gpu.settle()
        for link in links.indices { links[link].memory.settle() }
    }

    private mutating func build(_ index: Int) {
        var fields: [NVMLField] = []
        var targets: [FieldCall.Target] = []
        for entry in calls[index].slots {
            guard calls[index].family.isPerLink else {
                guard gpu.isWanted(entry.slot) else { continue }
                fields.append(NVMLField(entry.id))
                targets.append(FieldCall.Target(link: nil, slot: entry.slot))
                continue
            }
            for link in links.indices where links[link].memory.isWanted(entry.slot) {
                fields.append(NVMLField(entry.id, scope: UInt32(link)))
                targets.append(FieldCall.Target(link: link, slot: entry.slot))
            }
        }
        calls[index].batch = NVMLFieldBatch(fields)
        calls[index].targets = targets
        calls[index].version = version
    }

    // MARK: Answers

    private mutating func take(
        _ batch: NVMLFieldBatch, _ targets: ArraySlice<FieldCall.Target>
    ) throws(Interruption) {
        for (index, target) in targets.enumerated() {
            let answer = batch[index]
            if answer.code == .success, let count = answer.count {
                // Memory without a sensor says zero degrees.
                let isNone = count == 0 && answer.field.id == FieldFamily.memoryTemperature
                take(target, isNone ? nil : count)
                continue
            }
            // A number that is none counts as one that did not come.
            let code = answer.code == .success ? NVMLCode.unknown : answer.code
            try take(target, NVMLError(Self.function, code))
        }
    }

    mutating func take(_ target: FieldCall.Target, _ value: UInt64?) {
        hasAnswered = true
        guard let link = target.link else {
            gpu.take(target.slot, value)
            return
        }
        links[link].memory.take(target.slot, value)
    }

    mutating func take(
        _ target: FieldCall.Target, _ error: NVMLError
    ) throws(Interruption) {
        let speaksOfGPU = error.code.kind == .gpuBad || error.code.kind == .library
        guard !speaksOfGPU || error.code == .unknown else { throw .lost(GPUFailure(error)) }
        note(error)
        let isAgain =
            if let link = target.link {
                links[link].memory.take(target.slot, error.code, isDown: links[link].isDown)
            } else {
                gpu.take(target.slot, error.code, isDown: false)
            }
        if isAgain { hasFailed = true }
    }

    // MARK: A call that fails as a whole

    /// Asks for each field in a call of its own, and leaves those out that fail.
    private mutating func search(_ index: Int, _ device: NVMLDevice) throws(Interruption) {
        caller.unknownsBorne = 2
        defer { caller.unknownsBorne = 1 }
        var isFound = false
        try askSeparately(index, device) { reader, targets, error in
            isFound = true
            for target in targets { reader.leaveOut(target, error.code) }
        }
        // When each of them is answered alone, it is their number or their company.
        if !isFound { calls[index].isSplit = true }
    }

    /// Asks for each field in a call of its own, all links together.
    private mutating func askSeparately(
        _ index: Int, _ device: NVMLDevice,
        orElse refused: (inout GPUReader, ArraySlice<FieldCall.Target>, NVMLError) -> Void = {
            _, _, _ in
        }
    ) throws(Interruption) {
        let (targets, fields) = (calls[index].targets, calls[index].batch.fields)
        var start = 0
        while start < fields.count {
            let end = start + fields[start...].prefix { $0.id == fields[start].id }.count
            var batch = NVMLFieldBatch(Array(fields[start..<end]))
            let result = try caller.ask(Self.function, calls[index].family.family) {
                () throws(NVMLError) in try device.read(&batch)
            }
            try take(batch, targets[start..<end])
            if case .failure(let error) = result, error.code.kind != .transient {
                refused(&self, targets[start..<end], error)
            }
            start = end
        }
    }

    private mutating func leaveOut(_ target: FieldCall.Target, _ code: NVMLCode) {
        guard let link = target.link else {
            gpu.leaveOut(target.slot, code)
            return
        }
        links[link].memory.leaveOut(target.slot, code)
    }
}
