import Glibc

/// A file that takes up room beside the database, to be given up when the disk is full.
///
/// On a full disk nothing can be deleted from a database either, since what is deleted is written
/// down first.
struct Ballast {
    /// So many times its size must be free before it is taken again, so that it is not taken from
    /// those who need it.
    private static let ample: UInt64 = 4

    private let directory: String
    private let path: String
    private let bytes: Int64
    /// Whether the file is there.
    private(set) var isHeld: Bool

    /// The ballast of a directory; of zero bytes for none.
    init(_ file: HistoryFile, bytes: Int64) {
        directory = file.directory
        path = file.ballast
        self.bytes = bytes
        var status = stat()
        let isThere = unsafe stat(path, &status) == 0
        isHeld = isThere && bytes > 0 && status.st_size == bytes
        if isThere, !isHeld { _ = unsafe unlink(path) }
    }

    /// Takes up the room when there is ample.
    mutating func take() {
        guard bytes > 0, !isHeld else { return }
        var system = statvfs()
        guard unsafe statvfs(directory, &system) == 0,
            UInt64(system.f_bavail) * UInt64(system.f_frsize) >= Self.ample * UInt64(bytes)
        else { return }
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // A file with holes would take up nothing.
        isHeld = posix_fallocate(descriptor, 0, off_t(bytes)) == 0
        if !isHeld { _ = unsafe unlink(path) }
    }

    /// Gives the room up; false when it was not held.
    mutating func release() -> Bool {
        guard isHeld else { return false }
        isHeld = false
        return unsafe unlink(path) == 0
    }
}
