import Model

/// Reads one PCI function, and remembers what it does not offer.
struct PCIFunctionReader {
    // Some devices answer every such read with a line in the kernel log, so a file that said once
    // that it is not offered is not asked again until the kernel registers the device anew.
    private var refused: Set<String> = []
    private var epoch: UInt64 = 0

    /// Reads everything; `announce` is told what is about to be asked.
    mutating func read(
        _ place: PCITopology.Place, in directory: String, native: Reading,
        _ facts: KernelFacts, announce: (String) -> Void
    ) -> PCIFunctionReport {
        let inode = KernelFacts.inode(of: directory)
        guard inode != 0 else { return place.unread(.missing) }
        let epoch = facts.epoch(devicePath: directory)
        if epoch != self.epoch {
            refused = []
            self.epoch = epoch
        }
        var pass = Pass(directory: directory, refused: refused)
        announce("config")
        let state = pass.state()
        announce("link")
        let gauges = pass.gauges(state, native: native)
        announce("errors")
        let readings = pass.readings()
        let node = UInt16(KernelFacts.word(of: directory + "/numa_node"))
        // What was read while the function went away may be of it or of the next in its place.
        let latest = KernelFacts.inode(of: directory)
        guard latest == inode else { return place.unread(latest == 0 ? .missing : .unknown) }
        // A device on its way off the bus refuses, too: that is no answer to keep. What sleeps may
        // be on its way, and is asked again.
        if pass.refused != refused {
            guard state == .read || state == .suspended, pass.state() == state else {
                return place.unread(.unknown)
            }
            if state == .read { refused = pass.refused }
        }
        return PCIFunctionReport(
            address: place.address, role: place.role, names: place.names, parent: place.parent,
            numaNode: node, state: state, readings: readings, gauges: gauges, epoch: epoch)
    }
}

/// One reading of one function.
private struct Pass {
    let directory: String
    var refused: Set<String>

    // Reading the configuration would wake a function that sleeps.
    func state() -> PCIFunctionState {
        guard KernelFacts.word(of: directory + "/power/runtime_status") != "suspended" else {
            return .suspended
        }
        // The identity of a virtual function reads as all ones by itself: the command and status
        // behind it do not.
        guard let bytes = try? SysfsFile.bytes(directory + "/config", limit: 8), bytes.count == 8
        else { return .unknown }
        return bytes.allSatisfy { $0 == 0xFF } ? .gone : .read
    }

    // Those of a function that does not answer would be made of ones.
    mutating func gauges(_ state: PCIFunctionState, native: Reading) -> [Reading] {
        let isReadable = state == .read || state == .unknown
        let isVirtual = KernelFacts.inode(of: directory + "/physfn") != 0
        return PCICounters.gauges.map { gauge in
            switch gauge.name {
            case "present": state.presence
            case "aer_native": native
            // The link of a virtual function is that of its physical one.
            case _ where isVirtual: .unsupported
            case _ where !isReadable: .failed
            case let name: number(name, gauge.unit == .lanes ? PCIText.width : PCIText.speed)
            }
        }
    }

    private mutating func number(_ name: String, _ parse: (String) -> UInt64?) -> Reading {
        do throws(SysfsFile.Absence) {
            return parse(try text(name)).map { .value($0, field: 0) } ?? .failed
        } catch {
            return SysfsFile.reading(error)
        }
    }

    mutating func readings() -> [Reading] {
        var files: [String: Result<[Substring: UInt64], SysfsFile.Absence>] = [:]
        for (file, total) in PCICounters.totalSymbols {
            do throws(SysfsFile.Absence) {
                let counts = PCIText.errors(try text(file), total: total)
                files[file] = counts.map { .success($0) } ?? .failure(.failed)
            } catch {
                files[file] = .failure(error)
            }
        }
        return PCICounters.all.map { counter in
            guard let field = counter.fields.first, let counts = files[field.source.name] else {
                return .failed
            }
            switch counts {
            // A kernel that does not know the error does not list it.
            case .success(let counts):
                return counts[field.symbol[...]].map { .value($0, field: 0) } ?? .unsupported
            case .failure(let absence): return SysfsFile.reading(absence)
            }
        }
    }

    private mutating func text(_ name: String) throws(SysfsFile.Absence) -> String {
        guard !refused.contains(name) else { throw .refused }
        do throws(SysfsFile.Absence) {
            return try SysfsFile.text("\(directory)/\(name)")
        } catch {
            if case .refused = error { refused.insert(name) }
            throw error
        }
    }
}

extension PCIFunctionState {
    fileprivate var presence: Reading {
        switch self {
        case .read: .value(1, field: 0)
        case .gone: .value(0, field: 0)
        case .suspended, .unknown, .missing: .failed
        }
    }
}

extension PCITopology.Place {
    fileprivate func unread(_ state: PCIFunctionState) -> PCIFunctionReport {
        .unread(address, role, names: names, parent: parent, state: state)
    }
}
