import CSQLite
import Glibc

/// The files of one history directory.
struct HistoryFile {
    /// The directory as it was given.
    let directory: String

    /// The database.
    var database: String { directory + "/history.db" }
    /// Exists when damage was found that opening alone does not find.
    private var damageMark: String { directory + "/history.damaged" }
    /// The file that is given up when the disk is full.
    var ballast: String { directory + "/history.ballast" }
    /// The file whose lock makes a process the only writer.
    var lock: String { directory + "/history.lock" }

    /// Creates the directory with mode 0750 when it is missing; its parent must exist.
    func createDirectory() throws(HistoryError) {
        guard unsafe mkdir(directory, 0o750) != 0, errno != EEXIST else { return }
        throw HistoryError(
            attempted: "create the history's directory", path: directory, errno: errno)
    }

    /// Creates an empty database file with mode 0640, which SQLite's side files take over.
    func createDatabase() throws(HistoryError) {
        let descriptor = unsafe open(database, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw HistoryError(attempted: "create the history", path: database, errno: errno)
        }
        close(descriptor)
    }

    /// Refuses, without touching anything, a file of a newer version or of another program.
    ///
    /// Read before SQLite opens the file: closing a descriptor of it later would drop SQLite's
    /// locks (sqlite.org/howtocorrupt.html, 2.2). Offsets: sqlite.org/fileformat.html, 1.3.
    func refuseForeignHeader() throws(HistoryError) {
        let descriptor = unsafe open(database, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            guard errno != ENOENT else { return }
            throw HistoryError(attempted: "open the history", path: database, errno: errno)
        }
        defer { close(descriptor) }
        let header = unsafe [UInt8](unsafeUninitializedCapacity: 100) { bytes, count in
            count = max(0, unsafe pread(descriptor, bytes.baseAddress, 100, 0))
        }
        guard header.count == 100, header.starts(with: Array("SQLite format 3\0".utf8)) else {
            return
        }
        let version = Self.bigEndian(header[60..<64])
        let application = Self.bigEndian(header[68..<72])
        // Both are zero when the process ended between creating the file and its tables.
        guard (application, version) != (0, 0) else { return }
        try refuse(application: application, version: version)
    }

    /// Refuses what `PRAGMA application_id` and `PRAGMA user_version` tell.
    func refuse(application: Int64, version: Int64) throws(HistoryError) {
        guard application == Schema.applicationID else {
            throw HistoryError(
                attempted: "open the history", path: database, cause: .foreign,
                message: "the file is an SQLite database of another program")
        }
        guard version <= Schema.version else {
            throw HistoryError(
                attempted: "open the history", path: database, cause: .newerSchema(version),
                message: "its schema is version \(version), this program knows up to "
                    + "\(Schema.version)")
        }
    }

    /// Lets the next start move the database aside.
    func markDamaged() {
        let descriptor = unsafe open(damageMark, O_WRONLY | O_CREAT | O_CLOEXEC, 0o640)
        if descriptor >= 0 { close(descriptor) }
    }

    /// Throws when the last run marked the database as damaged.
    func refuseMarked() throws(HistoryError) {
        guard unsafe access(damageMark, F_OK) == 0 else { return }
        throw HistoryError(
            attempted: "open the history", path: database, cause: .damaged,
            message: "damage was found while it was written")
    }

    /// Moves a damaged database and its log aside, and answers the new name; of copies that were
    /// moved aside before none is kept.
    func moveAside(nowMilliseconds: Int64) throws(HistoryError) -> String {
        try removeOldCopies()
        let aside = copyPrefix + "\(nowMilliseconds)"
        // The log first: a log beside a new database would be replayed into it.
        try rename(database + "-wal", to: aside + "-wal")
        try rename(database, to: aside)
        _ = unsafe unlink(database + "-shm")
        _ = unsafe unlink(damageMark)
        return aside
    }

    private var copyPrefix: String { database + ".corrupt-" }

    /// The number in the name of a copy that was moved aside.
    func suffix(ofCopy path: String) -> Int64? {
        path.hasPrefix(copyPrefix) ? Int64(path.dropFirst(copyPrefix.utf8.count)) : nil
    }

    /// The copy with a number in its name; nil when it is gone.
    func oldCopy(suffix: Int64) -> String? {
        let path = copyPrefix + "\(suffix)"
        return unsafe access(path, F_OK) == 0 ? path : nil
    }

    /// Gives a file that was cut off the length that its header says, with a hole: SQLite reads
    /// nothing of a shorter one (sqlite.org/fileformat.html, 1.3.8).
    static func lengthen(_ path: String) {
        let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let header = unsafe [UInt8](unsafeUninitializedCapacity: 32) { bytes, count in
            count = max(0, unsafe pread(descriptor, bytes.baseAddress, 32, 0))
        }
        var status = stat()
        guard header.count == 32, unsafe fstat(descriptor, &status) == 0 else { return }
        let pages = bigEndian(header[28..<32])
        let length = pages * bigEndian(header[16..<18])
        // A header that is not one must not claim the disk.
        guard bigEndian(header[16..<18]) == Retention.pageBytes, status.st_size < length,
            length / 4 <= status.st_size
        else { return }
        _ = ftruncate(descriptor, off_t(length))
    }

    private func rename(_ old: String, to new: String) throws(HistoryError) {
        guard unsafe Glibc.rename(old, new) != 0, errno != ENOENT else { return }
        throw HistoryError(
            attempted: "move the damaged history aside", path: old, errno: errno)
    }

    private func removeOldCopies() throws(HistoryError) {
        guard let stream = unsafe opendir(directory) else {
            throw HistoryError(
                attempted: "list the history's directory", path: directory, errno: errno)
        }
        defer { unsafe closedir(stream) }
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { name in
                    unsafe String(cString: name)
                }
            }
            guard name.hasPrefix("history.db.corrupt-") else { continue }
            _ = unsafe unlink(directory + "/" + name)
        }
    }

    private static func bigEndian(_ bytes: ArraySlice<UInt8>) -> Int64 {
        bytes.reduce(0) { $0 << 8 | Int64($1) }
    }
}
