import Foundation
import History
import Model
import NodeTrace

/// A store that takes the trace in, as fast as it can, and what that costs.
///
/// The generator's processor time is left out: it is that of this thread between two appends.
/// Whatever other threads take is the store's.
struct Writer {
    let options: Options
    let limits: Store.Limits
    var trace: Trace
    private var store: Store?
    private(set) var samples = 0
    private(set) var changed = 0
    private(set) var passes = 0
    /// What `append` took.
    private(set) var append = Costs()
    /// What the halves of a seal took.
    private(set) var prepare = Costs()
    private(set) var commit = Costs()
    private(set) var opening = Costs()
    private var generatorTime: UInt64 = 0
    private var startTime: UInt64 = 0
    // Whether the trace's latest pass waits for the next part of the run.
    private var isAhead = false

    init(_ options: Options) throws {
        self.options = options
        limits = Adapter.limits(
            interval: options.interval, days: options.keepDays, bytes: options.bytes)
        trace = options.trace
        guard !FileManager.default.fileExists(atPath: options.directory + "/history.db") else {
            throw Options.Failure(description: "there is a history in \(options.directory)")
        }
    }

    mutating func open() throws {
        store = try Store(
            directory: options.directory, limits: limits,
            nowMilliseconds: trace.record.moment.wallMilliseconds)
        startTime = Kernel.processTime
    }

    /// Processor time of the store so far, whichever thread it was on.
    var storeTime: UInt64 { Kernel.processTime - startTime - generatorTime - opening.processor.sum }

    /// Appends the next pass; false when it is behind a second of the trace.
    mutating func step(until second: Int) throws -> Bool {
        if !isAhead {
            let before = Kernel.threadTime
            trace.next()
            generatorTime += Kernel.threadTime - before
        }
        isAhead = trace.second >= second
        if isAhead { return false }
        if trace.start != .none { try reopen() }
        guard let store else { return false }
        try append(to: store)
        samples += trace.sampleCount
        changed += trace.changedCount
        passes += 1
        return true
    }

    private mutating func append(to store: Store) throws {
        var cost = Cost()
        _ = try cost.measure { try store.append(trace.record) }
        append.add(cost)
        try seal(store)
    }

    private mutating func seal(_ store: Store) throws {
        guard let seal = try Adapter.seal(store) else { return }
        prepare.add(seal.prepare)
        commit.add(seal.commit)
    }

    // As the daemon does when it or the node starts again.
    private mutating func reopen() throws {
        var cost = Cost()
        store = nil
        try cost.measure {
            store = try Store(
                directory: options.directory, limits: limits,
                nowMilliseconds: trace.record.moment.wallMilliseconds)
        }
        opening.add(cost)
    }

    /// Closes the file, which checkpoints it; what is not due to be sealed stays as it is.
    mutating func close() throws {
        store = nil
    }
}

enum Writing {
    static func run(_ options: Options) throws {
        var writer = try Writer(options)
        let residentBefore = Kernel.residentBytes
        Kernel.forgetPeak()
        let stored = Kernel.storedBytes
        let written = Kernel.writtenBytes
        let start = Kernel.time
        let system = Kernel.systemTime
        try writer.open()
        while try writer.step(until: options.seconds) {}
        let storeTime = writer.storeTime
        // The generator asks the kernel for nothing.
        let systemTime = Kernel.systemTime - system
        try writer.close()
        let hours = Double(options.seconds) / 3600
        let file = DatabaseFile(directory: options.directory)
        let samples = Double(writer.samples)
        let passes = Double(writer.passes)
        report("passes", passes)
        report("samples", samples)
        report("changed samples", 100 * Double(writer.changed) / samples, "%")
        report("file", Double(file.bytes), "bytes")
        report("file, used pages", Double(file.usedBytes), "bytes")
        report("log beside it", Double(Kernel.size(file.logPath)), "bytes")
        report("bytes per sample, file", Double(file.bytes) / samples, "B")
        report("bytes per sample, used pages", Double(file.usedBytes) / samples, "B")
        report("file per day", Double(file.bytes) * 24 / hours / 1e6, "MB")
        report(
            "written to the disk per hour", Double(Kernel.storedBytes - stored) / hours / 1e6,
            "MB")
        report(
            "handed to write(2) per hour", Double(Kernel.writtenBytes - written) / hours / 1e6,
            "MB")
        report("CPU per pass, all of it", Double(storeTime) / passes / 1e3, "us")
        report("of it in the kernel", Double(systemTime) / passes / 1e3, "us")
        report("append: CPU per pass", Double(writer.append.processor.sum) / passes / 1e3, "us")
        report("append: CPU, median", Double(writer.append.processor.median) / 1e3, "us")
        report("append: CPU, p99", Double(writer.append.processor.share(0.99)) / 1e3, "us")
        report("append: time, median", Double(writer.append.time.median) / 1e3, "us")
        report("append: time, p99", Double(writer.append.time.share(0.99)) / 1e3, "us")
        report("append: time, most", Double(writer.append.time.most) / 1e3, "us")
        let sealed = writer.prepare.processor.sum + writer.commit.processor.sum
        report("seals", Double(writer.commit.time.values.count))
        report("seal: CPU per pass", Double(sealed) / passes / 1e3, "us")
        report("seal, chunks made", writer.prepare)
        report("seal, chunks put in place", writer.commit)
        report("start on the file: CPU, most", Double(writer.opening.processor.most) / 1e6, "ms")
        report("RSS before", Double(residentBefore) / 1e6, "MB")
        report("RSS, peak", Double(Kernel.peakBytes) / 1e6, "MB")
        report("time of the run", Double(Kernel.time - start) / 1e9, "s")
    }
}

/// The file over more days than are kept.
enum Days {
    private static let day = 86_400

    static func run(_ options: Options) throws {
        var writer = try Writer(options)
        let file = DatabaseFile(directory: options.directory)
        let days = Int((options.hours ?? 33 * 24) / 24)
        let stored = Kernel.storedBytes
        var most: UInt64 = 0
        try writer.open()
        for number in 1...days {
            while try writer.step(until: number * day) {}
            most = max(most, file.bytes)
            guard number % 3 == 0 else { continue }
            report("file after \(number) days", Double(file.bytes) / 1e6, "MB")
        }
        let storeTime = writer.storeTime
        let written = Kernel.storedBytes - stored
        try writer.close()
        report("file, at the end", Double(file.bytes) / 1e6, "MB")
        report("file, used pages at the end", Double(file.usedBytes) / 1e6, "MB")
        report("file, most", Double(most) / 1e6, "MB")
        report("written to the disk per hour", Double(written) / Double(days * 24) / 1e6, "MB")
        report("CPU per pass, all of it", Double(storeTime) / Double(writer.passes) / 1e3, "us")
        report("append: time, most", Double(writer.append.time.most) / 1e6, "ms")
        report("seal, chunks made: time, most", Double(writer.prepare.time.most) / 1e6, "ms")
        report("seal, chunks put in place: time, most", Double(writer.commit.time.most) / 1e6, "ms")
    }
}
