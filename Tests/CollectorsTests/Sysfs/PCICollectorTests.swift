import Fakes
import Model
import Testing

@testable import Collectors

/// A collector on a tree of its own, with a clock that stands still.
private final class Rig {
    let sys: FakeSysfs
    var now: UInt64 = 1_000_000_000
    // What happens when something is about to be asked: function and question.
    var onAnnouncement: (String, String) -> Void = { _, _ in }
    private var configuration: PCIConfiguration
    private lazy var collector = PCICollector(
        configuration: configuration,
        facts: KernelFacts(sysRoot: sys.root, procRoot: "/nonexistent"),
        clock: { [unowned self] in
            Moment(bootID: "boot", boottimeNanoseconds: now, wallMilliseconds: 0)
        }, announce: { [unowned self] in onAnnouncement($0, $1) })

    init(_ build: (FakeSysfs) throws -> Void = { _ in }) throws {
        sys = try FakeSysfs()
        try build(sys)
        configuration = PCIConfiguration(sysRoot: sys.root)
    }

    func configure(_ change: (inout PCIConfiguration) -> Void) { change(&configuration) }

    /// Reads everything anew.
    func collect() -> [PCIFunctionReport] {
        now += configuration.intervalNanoseconds
        return report().functions
    }

    func report() -> PCIReport { collector.collect() }

    func collect(_ address: PCIAddress) throws -> PCIFunctionReport {
        try #require(collect().first { $0.address == address })
    }
}

extension PCIFunctionReport {
    fileprivate func counter(_ name: String) -> Reading {
        PCICounters.all.firstIndex { $0.name == name }.map { readings[$0] } ?? .failed
    }

    fileprivate func gauge(_ name: String) -> Reading { gauges[PCICounters.row(gauge: name)] }
}

private let one = Reading.value(1, field: 0)
private let gpu = FakeSysfs.address(0x18)
private let root = FakeSysfs.address(0x15, 1)

@Suite struct PCICollectorTests {
    // MARK: What there is

    @Test func `a DGX has every device and every bridge above it`() throws {
        let rig = try Rig { try $0.addDGX() }
        let functions = rig.collect()
        func count(_ role: PCIRole) -> Int { functions.count { $0.role == role } }
        #expect(count(.gpu) == 8 && count(.hca) == 10)
        // Six root ports that lead to one of them, and four switches of an upstream and four
        // downstream ports.
        #expect(count(.rootPort) == 6 && count(.bridge) == 20)
        #expect(functions.map(\.address) == functions.map(\.address).sorted())
        for function in functions {
            #expect(function.state == .read && function.epoch != 0)
            #expect(function.readings.allSatisfy { $0 == .value(0, field: 0) })
            #expect(function.gauge("current_link_speed") == .value(32_000, field: 0))
            #expect(function.gauge("max_link_width") == .value(16, field: 0))
            #expect(function.gauge("present") == one && function.gauge("aer_native") == one)
        }
        // GPU 1 and mlx5_1 are below one switch.
        let parents = Dictionary(
            functions.map { ($0.address, $0.parent) }, uniquingKeysWith: { first, _ in first })
        func path(_ address: PCIAddress) -> [PCIAddress] {
            Array(sequence(first: address) { parents[$0] ?? nil })
        }
        let (left, right) = (path(FakeSysfs.address(0x2A)), path(FakeSysfs.address(0x2B)))
        #expect(left.count == 4 && right.count == 4)
        #expect(left.first { right.contains($0) } == FakeSysfs.address(0x16))
        #expect(left.last == root)
        let ethernet = try #require(functions.first { $0.names == ["mlx5_9"] })
        #expect(ethernet.role == .hca && ethernet.numaNode == 1)
        #expect(path(ethernet.address).count == 2)
    }

    @Test func `both functions of an HCA are read, and what they share once`() throws {
        let rig = try Rig {
            try $0.addRoot(root, numaNode: -1, isNative: false)
            for function in UInt8(0)...1 {
                try $0.addHCA(
                    FakeSysfs.address(0x18, 0, function), "mlx5_\(function)", below: root,
                    numaNode: -1)
            }
        }
        let functions = rig.collect()
        #expect(functions.map(\.role) == [.rootPort, .hca, .hca])
        #expect(functions.map(\.names) == [[], ["mlx5_0"], ["mlx5_1"]])
        #expect(functions.map(\.parent) == [nil, root, root])
        #expect(functions.allSatisfy { $0.numaNode == nil })
        // Where the firmware keeps errors to itself, none that is counted says nothing.
        #expect(functions.allSatisfy { $0.gauge("aer_native") == .value(0, field: 0) })
    }

    @Test func `a storage node has HCAs and no GPU`() throws {
        let rig = try Rig {
            try $0.addRoot(root)
            try $0.addHCA(gpu, "mlx5_0", below: root)
        }
        #expect(rig.collect().map(\.role) == [.rootPort, .hca])
    }

    @Test func `a node without either has nothing`() throws {
        let rig = try Rig {
            try $0.addRoot(root)
            try $0.add(FakeSysfs.address(0x16), below: root, vendor: "0x144d", kind: "0x010802")
        }
        #expect(rig.collect().isEmpty)
        var bare = PCICollector(
            configuration: PCIConfiguration(sysRoot: "/nonexistent"),
            facts: KernelFacts(sysRoot: "/nonexistent", procRoot: "/nonexistent"),
            clock: { Moment(bootID: "", boottimeNanoseconds: 1, wallMilliseconds: 0) })
        #expect(bare.collect().functions.isEmpty)
    }

    @Test func `a device in a guest has no bridge`() throws {
        let rig = try Rig { try $0.addGPU(gpu) }
        let functions = rig.collect()
        #expect(functions.map(\.role) == [.gpu] && functions[0].parent == nil)
        #expect(functions[0].gauge("aer_native") == .unsupported)
    }

    // MARK: Exclusions

    @Test func `what is excluded is not touched, nor what leads there alone`() throws {
        let rig = try Rig { try $0.addDGX() }
        var touched: Set<String> = []
        rig.onAnnouncement = { address, _ in touched.insert(address) }
        rig.configure {
            $0.gpus = GPUConfiguration(exclude: ["0000:18:*", "0000:2a:*"])
            $0.hcas = [InfiniBandConfiguration(exclude: ["mlx5_0", "mlx5_1", "mlx5_9"])]
        }
        let functions = rig.collect()
        #expect(functions.count { $0.role == .gpu } == 6)
        #expect(functions.count { $0.role == .hca } == 7)
        #expect(functions.count { $0.role == .rootPort } == 4)
        #expect(touched == Set(functions.map(\.address.description)))
        #expect(!touched.contains("0000:18:00.0") && !touched.contains(root.description))
    }

    // Each device has one probe; what one leaves out may be read by another.
    @Test func `an HCA is touched when a probe reads one of its ports`() throws {
        let rig = try Rig {
            for number in UInt8(0)...3 {
                let address = FakeSysfs.address(0x18 + number)
                try $0.addHCA(address, "mlx5_\(number)")
                try $0.set(address, "infiniband/mlx5_\(number)/ports/1/state", "4: ACTIVE")
            }
        }
        rig.configure {
            $0.hcas = [
                InfiniBandConfiguration(include: ["mlx5_0"]),
                InfiniBandConfiguration(exclude: ["mlx5_0", "mlx5_1", "mlx5_2/1"]),
            ]
        }
        #expect(rig.collect().map(\.names) == [["mlx5_0"], ["mlx5_3"]])
    }

    @Test func `kinds that are not watched are not touched`() throws {
        let rig = try Rig { try $0.addDGX() }
        rig.configure { ($0.gpus, $0.hcas) = (nil, []) }
        #expect(rig.collect().isEmpty)
    }

    // MARK: What cannot be read

    @Test func `what is unknown is never 0`() throws {
        let rig = try Rig { try $0.addGPU(gpu) }
        try rig.sys.set(gpu, "current_link_speed", "Unknown")
        try rig.sys.set(gpu, "current_link_width", "0")
        try rig.sys.set(gpu, "max_link_width", "255")
        try rig.sys.set(gpu, "aer_dev_fatal", "TOTAL_ERR_FATAL")
        try rig.sys.set(gpu, "aer_dev_correctable", "RxErr 5\nTOTAL_ERR_COR 5")
        try rig.sys.spoil(gpu, "aer_dev_nonfatal")
        let function = try rig.collect(gpu)
        for name in ["current_link_speed", "current_link_width", "max_link_width"] {
            #expect(function.gauge(name) == .failed, "\(name)")
        }
        #expect(function.gauge("max_link_speed") == .value(32_000, field: 0))
        #expect(function.counter("aer_correctable_receiver") == .value(5, field: 0))
        // A kernel of its own does not list them.
        #expect(function.counter("aer_correctable_internal") == .unsupported)
        #expect(function.counter("aer_fatal") == .failed)
        #expect(function.counter("aer_nonfatal") == .failed)
    }

    @Test func `what is not offered is not asked again until the device is another`() throws {
        let rig = try Rig { try $0.addGPU(gpu) }
        try rig.sys.unset(gpu, "aer_dev_fatal")
        try rig.sys.unset(gpu, "max_link_speed")
        let before = try rig.collect(gpu)
        #expect(before.counter("aer_fatal") == .unsupported)
        #expect(before.counter("aer_fatal_internal") == .unsupported)
        #expect(before.gauge("max_link_speed") == .unsupported)
        try rig.sys.count(gpu, "aer_dev_fatal", ["DLP": 1])
        #expect(try rig.collect(gpu).counter("aer_fatal") == .unsupported)
        #expect(try rig.collect(gpu).counter("aer_nonfatal") == .value(0, field: 0))
        try rig.sys.remove(gpu)
        try rig.sys.addGPU(gpu)
        let after = try rig.collect(gpu)
        #expect(after.counter("aer_fatal") == .value(0, field: 0))
        #expect(after.epoch != before.epoch)
    }

    @Test func `a device that is gone from the bus is told by its configuration`() throws {
        let rig = try Rig { try $0.addGPU(gpu) }
        try rig.sys.configure(gpu, [UInt8](repeating: 0xFF, count: 64))
        try rig.sys.set(gpu, "current_link_width", "63")
        try rig.sys.count(gpu, "aer_dev_fatal", ["SDES": 1])
        try rig.sys.unset(gpu, "aer_dev_nonfatal")
        let function = try rig.collect(gpu)
        // What it refuses meanwhile is no answer.
        #expect(function.state == .unknown && !function.readings.contains(.unsupported))
        try rig.sys.count(gpu, "aer_dev_nonfatal", [:])
        let gone = try rig.collect(gpu)
        #expect(gone.state == .gone && gone.gauge("present") == .value(0, field: 0))
        #expect(gone.gauge("current_link_width") == .failed)
        #expect(gone.gauge("max_link_speed") == .failed)
        #expect(gone.counter("aer_fatal_surprise_down") == one)
    }

    @Test func `a virtual function has the link of its physical one`() throws {
        let rig = try Rig { try $0.addHCA(gpu, "mlx5_0") }
        // Its vendor and device read as ones.
        try rig.sys.configure(gpu, [0xFF, 0xFF, 0xFF, 0xFF, 6, 0, 0x10, 0])
        try rig.sys.set(gpu, "physfn", "")
        let function = try rig.collect(gpu)
        #expect(function.state == .read)
        #expect(function.gauge("current_link_width") == .unsupported)
    }

    @Test func `a device that sleeps is not woken`() throws {
        let rig = try Rig { try $0.addGPU(gpu) }
        try rig.sys.set(gpu, "power/runtime_status", "suspended")
        try rig.sys.configure(gpu, [UInt8](repeating: 0xFF, count: 64))
        let function = try rig.collect(gpu)
        #expect(function.state == .suspended && function.gauge("present") == .failed)
        #expect(function.gauge("current_link_width") == .failed)
        #expect(function.counter("aer_fatal") == .value(0, field: 0))
    }

    // As a bridge without AER, or in a kernel that leaves errors to the firmware.
    @Test func `a device that sleeps and counts no errors is not unknown`() throws {
        let rig = try Rig { try $0.addGPU(gpu) }
        try rig.sys.set(gpu, "power/runtime_status", "suspended")
        for file in FakeSysfs.errorNames.keys { try rig.sys.unset(gpu, file) }
        for _ in 0..<3 {
            let function = try rig.collect(gpu)
            #expect(function.state == .suspended)
            #expect(function.counter("aer_fatal") == .unsupported)
        }
        try rig.sys.set(gpu, "power/runtime_status", "active")
        for file in FakeSysfs.errorNames.keys { try rig.sys.count(gpu, file, [:]) }
        let function = try rig.collect(gpu)
        #expect(function.state == .read && function.counter("aer_fatal") == .value(0, field: 0))
    }

    @Test func `a configuration that cannot be read says nothing`() throws {
        let rig = try Rig { try $0.addGPU(gpu) }
        try rig.sys.configure(gpu, [0x86, 0x80])
        #expect(try rig.collect(gpu).state == .unknown)
        try rig.sys.spoil(gpu, "config")
        let function = try rig.collect(gpu)
        #expect(function.state == .unknown && function.gauge("present") == .failed)
        #expect(function.gauge("current_link_width") == .value(16, field: 0))
    }

    // MARK: What goes and comes

    @Test(arguments: ["config", "link", "errors"])
    func `a device that vanishes while it is read is missed, and never counts 0`(
        _ question: String
    ) throws {
        let rig = try Rig { try $0.addDGX() }
        try rig.sys.count(gpu, "aer_dev_fatal", ["SDES": 1])
        rig.onAnnouncement = { address, what in
            guard address == "\(gpu)", what == question else { return }
            #expect(throws: Never.self) { try rig.sys.remove(gpu) }
        }
        let functions = rig.collect()
        let function = try #require(functions.first { $0.address == gpu })
        #expect(function.state == .missing)
        #expect((function.readings + function.gauges).allSatisfy { $0 == .failed })
        #expect(functions.count { $0.state == .read } == functions.count - 1)
        // It stays missed, where it was.
        rig.onAnnouncement = { _, _ in }
        let later = try rig.collect(gpu)
        #expect(later.state == .missing && later.parent == FakeSysfs.address(0x17))
        try rig.sys.addGPU(gpu, below: FakeSysfs.address(0x17))
        #expect(try rig.collect(gpu).state == .read)
    }

    @Test func `what is read of a device and of the next in its place is of neither`() throws {
        let rig = try Rig { try $0.addGPU(gpu) }
        rig.onAnnouncement = { _, what in
            guard what == "errors" else { return }
            #expect(throws: Never.self) {
                try rig.sys.remove(gpu)
                try rig.sys.addGPU(gpu)
            }
        }
        let function = try rig.collect(gpu)
        #expect(function.state == .unknown)
        #expect((function.readings + function.gauges).allSatisfy { $0 == .failed })
    }

    @Test func `a missing HCA has no name that another has`() throws {
        let other = FakeSysfs.address(0x19)
        let rig = try Rig { try $0.addHCA(gpu, "mlx5_0") }
        #expect(rig.collect().map(\.names) == [["mlx5_0"]])
        try rig.sys.remove(gpu)
        #expect(try rig.collect(gpu).names == ["mlx5_0"])
        try rig.sys.addHCA(other, "mlx5_0")
        let functions = rig.collect()
        #expect(functions.map(\.names) == [[], ["mlx5_0"]])
        #expect(functions.map(\.state) == [.missing, .read])
    }

    // MARK: Cadence

    @Test func `everything is read once an interval, and its age is told between`() throws {
        let rig = try Rig { try $0.addGPU(gpu) }
        #expect(rig.report().ageNanoseconds == 0)
        try rig.sys.count(gpu, "aer_dev_fatal", ["DLP": 1])
        rig.now += 10_000_000_000
        let between = rig.report()
        #expect(between.ageNanoseconds == 10_000_000_000)
        #expect(between.moment.boottimeNanoseconds == rig.now)
        #expect(between.functions[0].counter("aer_fatal") == .value(0, field: 0))
        rig.now += 20_000_000_000
        let next = rig.report()
        #expect(next.ageNanoseconds == 0)
        #expect(next.functions[0].counter("aer_fatal") == one)
    }
}
