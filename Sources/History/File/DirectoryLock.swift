import Glibc

/// The right to write in a directory, held through flock(2) on a file there until the owner goes.
///
/// The kernel gives the lock back when the process ends, however it ends. The file stays: removing
/// it would let a third process lock a file that has no name any more.
struct DirectoryLock: ~Copyable {
    private let descriptor: Int32

    /// Locks the directory for this process or says who holds it.
    init(path: String) throws(HistoryError) {
        let attempted = "lock the history's directory"
        // CLOEXEC: a probe process must not keep the lock alive.
        let opened = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard opened >= 0 else {
            throw HistoryError(attempted: attempted, path: path, errno: errno)
        }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            let holder = Self.processID(in: opened)
            close(opened)
            guard number == EWOULDBLOCK else {
                throw HistoryError(attempted: attempted, path: path, errno: number)
            }
            let name = holder.map { "process \($0)" } ?? "another process"
            throw HistoryError(
                attempted: attempted, path: path, cause: .held(by: holder),
                message: "\(name) works in it")
        }
        descriptor = opened
        writeProcessID()
    }

    // A process that is just being started still has a copy of the descriptor.
    deinit {
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    // Only for the message of a process that comes second, so failing is no reason to stop.
    private func writeProcessID() {
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(descriptor, 0) == 0 else { return }
        _ = unsafe text.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    private static func processID(in descriptor: Int32) -> Int32? {
        let text = unsafe [UInt8](unsafeUninitializedCapacity: 16) { bytes, count in
            count = max(0, unsafe pread(descriptor, bytes.baseAddress, 16, 0))
        }
        return Int32(String(decoding: text.prefix { $0 != 0x0A }, as: UTF8.self))
    }
}
