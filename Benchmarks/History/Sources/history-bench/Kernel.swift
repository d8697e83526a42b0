import Foundation
import Glibc

/// What the kernel says of this process.
enum Kernel {
    /// Nanoseconds of a clock.
    static func now(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Processor time of the calling thread.
    static var threadTime: UInt64 { now(CLOCK_THREAD_CPUTIME_ID) }
    /// Processor time of all threads.
    static var processTime: UInt64 { now(CLOCK_PROCESS_CPUTIME_ID) }
    /// What the kernel took of it.
    static var systemTime: UInt64 {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        return UInt64(usage.ru_stime.tv_sec) * 1_000_000_000
            + UInt64(usage.ru_stime.tv_usec) * 1000
    }
    /// Time that passes.
    static var time: UInt64 { now(CLOCK_MONOTONIC) }

    /// A number of a file of `/proc/self` whose lines are `name: number`.
    private static func number(_ name: String, in file: String) -> UInt64 {
        let text = (try? String(contentsOfFile: "/proc/self/\(file)", encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n") where line.hasPrefix(name + ":") {
            let digits = line.drop { !$0.isNumber }.prefix { $0.isNumber }
            return UInt64(digits) ?? 0
        }
        return 0
    }

    /// Bytes handed to write(2) and its kin.
    static var writtenBytes: UInt64 { number("wchar", in: "io") }
    /// Bytes that this process made the kernel write to disks, now or soon.
    static var storedBytes: UInt64 { number("write_bytes", in: "io") }
    /// Resident memory.
    static var residentBytes: UInt64 { number("VmRSS", in: "status") << 10 }
    /// The most that was resident since `forgetPeak`.
    static var peakBytes: UInt64 { number("VmHWM", in: "status") << 10 }

    static func forgetPeak() {
        try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
    }

    /// The size of a file; zero without one.
    static func size(_ path: String) -> UInt64 {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(status.st_size) : 0
    }

    /// Takes a file out of the page cache, as far as nobody has it mapped.
    static func forget(_ path: String) {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return }
        fdatasync(descriptor)
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
        close(descriptor)
    }
}

/// The header of a database that is closed, or whose log was just checkpointed.
struct DatabaseFile {
    let directory: String
    var path: String { directory + "/history.db" }
    var logPath: String { path + "-wal" }

    var bytes: UInt64 { Kernel.size(path) }

    /// What the tables and indices take, free pages left out (sqlite.org/fileformat.html, 1.3).
    var usedBytes: UInt64 {
        guard let file = FileHandle(forReadingAtPath: path),
            let data = try? file.read(upToCount: 100), data.count == 100
        else { return 0 }
        let header = [UInt8](data)
        func number(_ offset: Int) -> UInt64 {
            header[offset..<offset + 4].reduce(0) { $0 << 8 | UInt64($1) }
        }
        let pageBytes = UInt64(header[16]) << 8 | UInt64(header[17])
        return (number(28) - number(36)) * (pageBytes == 1 ? 65_536 : pageBytes)
    }

    func forget() {
        Kernel.forget(path)
        Kernel.forget(logPath)
    }
}

/// Figures of one kind.
struct Figures {
    private(set) var values: [UInt64] = []

    mutating func add(_ value: UInt64) { values.append(value) }

    var sum: UInt64 { values.reduce(0, +) }
    var most: UInt64 { values.max() ?? 0 }
    var mean: Double { values.isEmpty ? 0 : Double(sum) / Double(values.count) }
    var median: UInt64 { share(0.5) }

    /// The value that `share` of all do not exceed.
    func share(_ share: Double) -> UInt64 {
        guard !values.isEmpty else { return 0 }
        let sorted = values.sorted()
        return sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
    }
}

/// What something took, each time.
struct Costs {
    /// Nanoseconds of processor time.
    private(set) var processor = Figures()
    /// Nanoseconds that passed.
    private(set) var time = Figures()

    mutating func add(_ cost: Cost) {
        processor.add(cost.processor)
        time.add(cost.time)
    }
}

/// What something took once, in nanoseconds.
struct Cost {
    /// Processor time of the calling thread.
    private(set) var processor: UInt64 = 0
    /// Time that passed.
    private(set) var time: UInt64 = 0

    mutating func measure<Result>(_ body: () throws -> Result) rethrows -> Result {
        let (thread, start) = (Kernel.threadTime, Kernel.time)
        defer {
            processor = Kernel.threadTime - thread
            time = Kernel.time - start
        }
        return try body()
    }
}

/// Prints a figure as `label`, `unit`, `value`, with tabs between; a mere number has the unit `-`.
func report(_ label: String, _ value: Double, _ unit: String = "-") {
    let text =
        value == value.rounded() && abs(value) < 1e15
        ? String(Int64(value)) : String(format: "%.4g", value)
    print("\(label)\t\(unit)\t\(text)")
    fflush(nil)
}

/// Prints what something took, as a rule and at most.
func report(_ label: String, _ costs: Costs) {
    report("\(label): CPU, median", Double(costs.processor.median) / 1e6, "ms")
    report("\(label): CPU, most", Double(costs.processor.most) / 1e6, "ms")
    report("\(label): time, median", Double(costs.time.median) / 1e6, "ms")
    report("\(label): time, most", Double(costs.time.most) / 1e6, "ms")
}
