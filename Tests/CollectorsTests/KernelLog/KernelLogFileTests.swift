import Collectors
import Foundation
import Glibc
import Model
import Testing

/// The reader on real files that stand for the kernel's.
@Suite struct KernelLogFileTests {
    private static let lost = "NVRM: Xid (PCI:0000:18:00): 79, GPU has fallen off the bus."

    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private func collector(_ path: String) -> FileCollector { FileCollector(path) }

    @Test func `a plain file is read line by line as it grows`() throws {
        try withFolder { folder in
            let path = folder.appending(path: "kmsg")
            var text = kmsg("x", 1) + Array(" SUBSYSTEM=pci\n\n".utf8) + kmsg(Self.lost, 2)
            try Data(text.dropLast(5)).write(to: path)
            let test = collector(path.path)
            #expect(test.read().isEmpty)
            #expect(test.descriptor == nil)
            text += kmsg("y", 3)
            let file = try FileHandle(forWritingTo: path)
            try file.seekToEnd()
            try file.write(contentsOf: text.suffix(5 + kmsg("y", 3).count))
            #expect(test.read().map(\.record) == [2])
            #expect(test.report.lastRecord == 3 && test.report.malformed == 0)
            try file.close()
        }
    }

    @Test func `a FIFO is read without a writer, with one and after one`() throws {
        try withFolder { folder in
            let path = folder.appending(path: "kmsg").path
            try #require(mkfifo(path, 0o600) == 0)
            let test = collector(path)
            #expect(test.read().isEmpty && test.report.state == .reading)
            for sequence in UInt64(1)...2 {
                let writer = open(path, O_WRONLY | O_NONBLOCK)
                try #require(writer >= 0)
                #expect(test.read().isEmpty)
                let bytes = kmsg(Self.lost + "\(sequence)", sequence)
                #expect(write(writer, bytes, bytes.count) == bytes.count)
                close(writer)
                #expect(test.read().count == (sequence == 1 ? 1 : 0))
            }
            #expect(test.report.matched == 2 && test.report.state == .reading)
        }
    }

    @Test func `a line without end is passed over`() throws {
        try withFolder { folder in
            let path = folder.appending(path: "kmsg")
            let long = [UInt8](repeating: UInt8(ascii: "z"), count: 100_000)
            try Data(long + [10] + kmsg(Self.lost, 1)).write(to: path)
            let test = collector(path.path)
            #expect(test.read().count == 1)
            #expect(test.report.malformed == 1 && test.report.records == 1)
        }
    }

    @Test func `a large file is read in shares`() throws {
        try withFolder { folder in
            let path = folder.appending(path: "kmsg")
            try Data((1...20_000).flatMap { kmsg("x", UInt64($0)) }).write(to: path)
            let test = collector(path.path)
            _ = test.read()
            #expect((2048...5000).contains(test.report.records))
            var turns = 1
            while test.deadline == 0, turns < 100 {
                _ = test.read()
                turns += 1
            }
            #expect(test.report.records == 20_000 && turns > 4)
        }
    }

    @Test func `what is not there, not allowed or no file is told apart`() throws {
        try withFolder { folder in
            let absent = collector(folder.appending(path: "none").path)
            #expect(absent.read().isEmpty && absent.report.state == .missing)
            let directory = collector(folder.path)
            #expect(directory.read().isEmpty && directory.report.state == .failed)
        }
        // A device whose end comes at once.
        let ended = collector("/dev/null")
        #expect(ended.read().isEmpty && ended.report.state == .failed)
    }

    @Test func `the kernel's clocks run`() {
        let clocks = KernelLogClocks.system
        let first = clocks.monotonicNanoseconds()
        #expect(first > 0 && clocks.monotonicNanoseconds() >= first)
        #expect(clocks.wallMilliseconds() > 1_600_000_000_000)
    }
}

/// A collector of a file that an expectation can call.
private final class FileCollector {
    private var collector: KernelLogCollector<KernelLogFile>

    init(_ path: String) {
        collector = KernelLogCollector(
            KernelLogConfiguration(path: path), clocks: .system, source: KernelLogFile())
    }

    var report: KernelLogReport { collector.report(at: .asked) }
    var descriptor: Int32? { collector.descriptor }
    var deadline: UInt64? { collector.nextDeadlineNanoseconds }

    func read() -> [NodeEvent] { collector.read() }
}
