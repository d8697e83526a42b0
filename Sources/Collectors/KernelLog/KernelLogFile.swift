import Glibc

/// How a kernel log comes.
package enum KernelLogShape: Sendable {
    /// A record per read(2), from the kernel.
    case records
    /// Lines, from a plain file or a FIFO that stands for it.
    case lines
}

/// What a kernel log is read from; tests hand in their own.
package protocol KernelLogSource {
    /// Opens the log at its oldest record, without waiting; throws what open(2) says.
    mutating func open(_ path: String) throws(CollectorError) -> KernelLogShape
    /// Reads once, without waiting: how many bytes, 0 at the end, or an error number, negated.
    mutating func read(into buffer: inout [UInt8]) -> Int
    /// Closes what is open.
    mutating func close()
    /// What poll(2) can wait for; nil while nothing is open.
    var descriptor: Int32? { get }
}

/// A file that is read, `/dev/kmsg` or one that stands for it.
package final class KernelLogFile: KernelLogSource {
    /// What poll(2) can wait for; nil while nothing is open.
    package private(set) var descriptor: Int32?

    /// Nothing is open yet.
    package init() {}

    deinit {
        close()
    }

    /// Opens the file for reading, without waiting and not for children.
    package func open(_ path: String) throws(CollectorError) -> KernelLogShape {
        close()
        let file = unsafe Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { throw CollectorError(.openKernelLog, path, code: errno) }
        descriptor = file
        var facts = stat()
        let isDevice = unsafe fstat(file, &facts) == 0 && facts.st_mode & S_IFMT == S_IFCHR
        return isDevice ? .records : .lines
    }

    /// Reads once: how many bytes, 0 at the end, or an error number, negated.
    package func read(into buffer: inout [UInt8]) -> Int {
        guard let descriptor else { return -Int(EBADF) }
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
        }
        return count < 0 ? -Int(errno) : count
    }

    /// Closes the file.
    package func close() {
        guard let file = descriptor else { return }
        descriptor = nil
        _ = Glibc.close(file)
    }
}
