import Exposition
import Glibc
import Model

/// Small text files of the kernel.
enum ProcFile {
    /// The content of a file of at most 64 KiB; nil when it cannot be read.
    static func text(_ path: String) -> String? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        var length = 0
        while length < 65_536 {
            if length == bytes.count {
                bytes.append(contentsOf: [UInt8](repeating: 0, count: bytes.count))
            }
            let count = unsafe bytes[length...].withUnsafeMutableBytes {
                unsafe read(file, $0.baseAddress, $0.count)
            }
            guard count >= 0 else { return nil }
            guard count > 0 else { break }
            length += count
        }
        return String(decoding: bytes[..<length], as: UTF8.self)
    }

    /// The names in a directory; nil when it cannot be read.
    static func count(_ path: String) -> UInt64? {
        guard let directory = unsafe opendir(path) else { return nil }
        defer { unsafe closedir(directory) }
        var count: UInt64 = 0
        while unsafe readdir(directory) != nil { count += 1 }
        return count - min(count, 2)
    }
}

extension String {
    /// The text without white space at its ends.
    var trimmed: String {
        let isSpace: (Character) -> Bool = { $0.isWhitespace }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}

/// What a process used, from `/proc/PID/stat` (proc(5)).
struct ProcessUse: Sendable {
    var cpuSeconds: Double
    var threads: UInt64
    var startTicks: Double
    var virtualBytes: UInt64
    var residentBytes: UInt64

    /// Reads the use of a process; nil when it is gone.
    static func read(_ process: String) -> ProcessUse? {
        ProcFile.text("/proc/\(process)/stat").flatMap { ProcessUse($0) }
    }
}

extension ProcessUse {
    /// Reads the text of `/proc/PID/stat`; nil when it is something else.
    init?(_ text: String) {
        // The name in parentheses may hold anything, so fields are counted from the last one.
        guard let close = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]),
            let threads = UInt64(fields[17]), let start = Double(fields[19]),
            let virtual = UInt64(fields[20]), let resident = UInt64(fields[21])
        else { return nil }
        self.init(
            cpuSeconds: (user + system) / Double(sysconf(Int32(_SC_CLK_TCK))), threads: threads,
            startTicks: start, virtualBytes: virtual,
            residentBytes: resident &* UInt64(sysconf(Int32(_SC_PAGESIZE))))
    }
}

extension ProcessSample {
    /// The daemon's own process.
    static func current(now: Moment) -> ProcessSample {
        var sample = ProcessSample()
        guard let use = ProcessUse.read("self") else { return sample }
        sample.cpuSeconds = use.cpuSeconds
        sample.residentBytes = use.residentBytes
        sample.virtualBytes = use.virtualBytes
        sample.threads = use.threads
        sample.openFiles = ProcFile.count("/proc/self/fd")
        var limit = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            sample.fileLimit = UInt64(limit.rlim_cur)
        }
        let age =
            Double(now.boottimeNanoseconds) / 1e9
            - use.startTicks / Double(sysconf(Int32(_SC_CLK_TCK)))
        sample.startSeconds = Double(now.wallMilliseconds) / 1e3 - age
        return sample
    }
}
