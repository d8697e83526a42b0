import Glibc

/// A file of a device that may not offer what is in it: some devices answer every such read with a
/// line in the kernel log.
///
/// What was never given is not asked for again. What was given before is asked for again after a
/// while, since one refusal need not be the last word.
struct RefusableFile {
    private let path: String
    private var hasAnswered = false
    private var dueNanoseconds: UInt64 = 0

    /// A file that was not read yet.
    init(_ path: String) {
        self.path = path
    }

    /// The first line, of at most 128 octets; `interval` is how long a refusal holds.
    mutating func line(now: UInt64, interval: UInt64) throws(SysfsFile.Absence) -> String {
        guard now >= dueNanoseconds else { throw refusal }
        switch KernelFacts.firstLine(of: path) {
        case .success(let line):
            // What the kernel says of a port without the counters that a file is about.
            guard !line.hasPrefix("N/A") else { break }
            hasAnswered = true
            return line
        case .failure(let error):
            switch error.code {
            case EINVAL, ENODATA, EOPNOTSUPP: break
            case EACCES, EPERM: throw .noPermission
            default: throw .failed
            }
        }
        dueNanoseconds = hasAnswered ? now &+ interval : .max
        throw refusal
    }

    private var refusal: SysfsFile.Absence { hasAnswered ? .failed : .refused }
}
