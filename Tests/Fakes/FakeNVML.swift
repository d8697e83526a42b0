import Collectors
import Foundation

/// A fake libnvidia-ml for one test alone: a copy of the library, with a scenario and a call log of
/// its own (Tests/FakeNVML/README.md).
package final class FakeNVML {
    /// The driver branch that is played.
    package enum Driver: String, CaseIterable, Sendable {
        /// Driver 610.
        case r610 = ""
        /// Driver 580.
        case r580 = "580"
        /// Driver 550.
        case r550 = "550"
        /// Driver 450.
        case r450 = "450"
        /// No function at all.
        case empty = "Empty"
    }

    /// A line of the call log.
    package struct Call: Hashable, Sendable {
        /// When it began, on the monotonic clock.
        package let startNanoseconds: Int64
        /// The thread that made it (gettid(2)).
        package let thread: Int32
        /// The function.
        package let symbol: String
        /// The GPU that it was about; nil for none.
        package let gpu: Int?
        /// What was asked; `-` for nothing in particular.
        package let arguments: String
        /// The code that was returned; `hang` or `crash` ahead of a call that may not return.
        package let outcome: String
        /// How long it took.
        package let nanoseconds: Int64
    }

    /// Where the libraries were built: beside the tests.
    package static let directory = URL(fileURLWithPath: "/proc/self/exe")
        .resolvingSymlinksInPath().deletingLastPathComponent()

    /// The copy, which the process keeps open.
    package let path: String

    private typealias Setter = @convention(c) (UnsafePointer<CChar>) -> Void

    private let folder: URL
    private let handle: UnsafeMutableRawPointer

    /// Opens a copy, with a scenario of these lines.
    package init(_ driver: Driver = .r610, _ scenario: String = "") throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("fake-nvml-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let copy = folder.appendingPathComponent("libnvidia-ml.so.1")
        path = copy.path
        try FileManager.default.copyItem(
            at: Self.directory.appendingPathComponent("libFakeNVML\(driver.rawValue).so"), to: copy)
        guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            throw CocoaError(
                .executableLoad, userInfo: [NSDebugDescriptionErrorKey: String(cString: dlerror())])
        }
        self.handle = handle
        guard driver != .empty else { return }
        set(Self.logSetter, log.path)
        try play(scenario)
    }

    deinit {
        // The copy stays loaded, and its log would stay open.
        if exports(Self.logSetter) { stopLogging() }
        try? FileManager.default.removeItem(at: folder)
    }

    /// The scenario's file.
    package var scenario: URL { folder.appendingPathComponent("scenario") }

    private var log: URL { folder.appendingPathComponent("calls") }

    /// Plays these lines from now on.
    package func play(_ lines: String) throws {
        try lines.write(to: scenario, atomically: true, encoding: .utf8)
        set("fake_nvml_scenario", scenario.path)
    }

    /// Writes down no further call.
    package func stopLogging() { set(Self.logSetter, "") }

    /// Opens it as FabricWatch does.
    package func open() throws(NVMLOpenError) -> NVMLLibrary {
        try NVMLLibrary(paths: [path])
    }

    /// Whether the library exports that name.
    package func exports(_ symbol: String) -> Bool { dlsym(handle, symbol) != nil }

    /// The calls so far.
    package func calls() throws -> [Call] {
        try String(contentsOf: log, encoding: .utf8).split(separator: "\n").map { line in
            let parts = line.split(separator: " ").map(String.init)
            guard parts.count == 7, let start = Int64(parts[0]), let thread = Int32(parts[1]),
                let time = Int64(parts[6])
            else {
                throw CocoaError(.formatting, userInfo: [NSDebugDescriptionErrorKey: "\(line)"])
            }
            return Call(
                startNanoseconds: start, thread: thread, symbol: parts[2], gpu: Int(parts[3]),
                arguments: parts[4], outcome: parts[5], nanoseconds: time)
        }
    }

    private static let logSetter = "fake_nvml_call_log"

    private func set(_ function: String, _ path: String) {
        guard let address = dlsym(handle, function) else {
            preconditionFailure("the fake library has no \(function)")
        }
        unsafeBitCast(address, to: Setter.self)(path)
    }
}
