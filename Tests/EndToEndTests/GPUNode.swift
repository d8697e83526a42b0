import Foundation
import Testing
import Wire

/// A node of GPUs without hardware: a tree that looks like sysfs, a fake libnvidia-ml that plays a
/// scenario (Tests/FakeNVML/README.md), and a file that stands for the kernel log.
final class GPUNode {
    let home: ScratchDirectory
    let count: Int

    var library: URL { home.file("libnvidia-ml.so.1") }
    var calls: URL { home.file("calls") }
    private var scenario: URL { home.file("scenario") }
    private var kernelLog: URL { home.file("kmsg") }
    private var sys: URL { home.file("sys") }
    private var record = 100

    init(count: Int = 8, library isThere: Bool = true, scenario lines: String = "") throws {
        home = try ScratchDirectory()
        self.count = count
        for address in (0..<count).map(Self.address) {
            let device = sys.appendingPathComponent("bus/pci/devices/\(address)")
            try FileManager.default.createDirectory(
                at: device, withIntermediateDirectories: true)
            try write("0x10de\n", to: device.appendingPathComponent("vendor"))
            try write("0x030200\n", to: device.appendingPathComponent("class"))
        }
        try FileManager.default.createDirectory(
            at: module, withIntermediateDirectories: true)
        try write("610.10\n", to: module.appendingPathComponent("version"))
        try write("", to: kernelLog)
        try play(lines)
        if isThere { try install() }
    }

    private var module: URL { sys.appendingPathComponent("module/nvidia") }

    /// The addresses that the fake gives its GPUs.
    static func address(_ index: Int) -> String {
        let buses = [0x18, 0x2A, 0x3A, 0x5D, 0x9A, 0xAB, 0xBA, 0xDB]
        return "0000:\(String(buses[index], radix: 16)):00.0"
    }

    private func write(_ text: String, to file: URL) throws {
        try Data(text.utf8).write(to: file)
    }

    /// Puts the fake library where the daemon looks for it.
    func install() throws {
        let built = try DaemonProcess.program("libFakeNVML.so")
        try FileManager.default.copyItem(at: built, to: library)
    }

    /// Takes the library away, as the driver's packages do while they are replaced.
    func uninstall() throws {
        try FileManager.default.removeItem(at: library)
    }

    /// Plays these lines from now on.
    func play(_ lines: String) throws {
        let aside = home.file("scenario.new")
        try write("gpus \(count)\n\(lines)\n", to: aside)
        guard rename(aside.path, scenario.path) == 0 else { throw Failure("rename: \(errno)") }
    }

    /// Says that another driver is loaded.
    func loadDriver(_ version: String) throws {
        try write("\(version)\n", to: module.appendingPathComponent("version"))
    }

    /// Adds a line to the kernel log, as the kernel writes it.
    func log(_ text: String) throws {
        record += 1
        let microseconds = Int(Uptime.now * 1e6)
        let file = try FileHandle(forWritingTo: kernelLog)
        defer { try? file.close() }
        try file.seekToEnd()
        try file.write(contentsOf: Data("3,\(record),\(microseconds),-;\(text)\n".utf8))
    }

    /// The calls so far: symbol, GPU and arguments; throws when nothing logs them.
    func callLog() throws -> [(symbol: String, gpu: Int?, arguments: String)] {
        let text = try String(contentsOf: calls, encoding: .utf8)
        return text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            return words.count == 7 ? (String(words[2]), Int(words[3]), String(words[4])) : nil
        }
    }

    func settings(_ more: [String] = []) -> String {
        let lines =
            [
                "node: {name: gpu-node-01}", "interval: 1s", "infiniband: {enabled: false}",
                "gpu:", "  library: \(library.path)", "  retry_delay_min: 1s",
                "  environment: {FAKE_NVML_SCENARIO: \(scenario.path), "
                    + "FAKE_NVML_CALLS: \(calls.path)}",
                "kernel_log: {path: \(kernelLog.path)}", "paths: {sys: \(sys.path)}",
            ] + more + DaemonProcess.places(home)
        return lines.joined(separator: "\n")
    }
}

/// A released daemon on a node of GPUs.
final class GPUDaemon: DaemonProcess {
    let node: GPUNode

    init(_ node: GPUNode, _ more: [String] = [], untilReady: Bool = true) throws {
        self.node = node
        try super.init(node.home, settings: node.settings(more), untilReady: untilReady)
    }

    func gpus() throws -> [V1.GPUSummary] {
        let document: V1.GPUs = try document("/api/v1/gpus")
        return document.gpus
    }

    func gpu(_ index: Int) throws -> V1.GPU { try document("/api/v1/gpus/\(index)") }

    /// What happened, without what the daemon concludes from it.
    func events() throws -> V1.Events {
        var document: V1.Events = try document("/api/v1/events?after=0")
        document.events.removeAll { $0.sources == ["health"] }
        return document
    }

    func condition(_ id: String) throws -> V1.Condition? {
        try health().conditions.first { $0.id == id }
    }

    /// Waits until every GPU has been read in a pass that began after now.
    override func awaitNewPass() throws {
        let before: V1.GPUs = try document("/api/v1/gpus")
        try eventually("two passes") {
            let now: V1.GPUs = try document("/api/v1/gpus")
            return (now.pass ?? 0) >= (before.pass ?? 0) + 2
        }
    }
}

/// Runs a test with a daemon on a node of GPUs, which is stopped after it, and killed when the
/// test fails.
func withGPUs(
    _ node: GPUNode, _ more: [String] = [], _ body: (GPUDaemon) throws -> Void
) throws {
    let daemon = try GPUDaemon(node, more)
    do {
        try body(daemon)
        try daemon.stop()
    } catch {
        daemon.abandon()
        throw Failure("\(error)\nThe daemon said:\n\(daemon.child.errors)")
    }
}
