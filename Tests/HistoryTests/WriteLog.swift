import CSQLite
import Glibc
import Synchronization

/// What SQLite writes to the two files of a history, in its order.
///
/// A VFS that is SQLite's own except that three methods of these files say what they do
/// (sqlite.org/vfs.html). Files of other directories never see it.
final class WriteLog: Sendable {
    enum File: String, CaseIterable {
        case database = "history.db"
        case log = "history.db-wal"
    }

    enum Step {
        case write(File, offset: Int, bytes: [UInt8])
        case truncate(File, size: Int)
        case sync(File)
        /// The writer was told that a pass is kept.
        case kept(UInt64)
    }

    private let directory: String
    private let steps = Mutex<[Step]>([])

    /// Sees what is written in a directory from now on, by connections that are opened from now on.
    init(_ directory: String) {
        self.directory = directory
        Hook.install()
        Hook.logs.withLock { $0[directory] = self }
    }

    /// The steps so far; nothing is seen any more.
    func end() -> [Step] {
        Hook.logs.withLock { $0[directory] = nil }
        return steps.withLock { $0 }
    }

    func add(_ step: Step) {
        steps.withLock { $0.append(step) }
    }
}

/// Where SQLite's calls come in.
private enum Hook {
    /// An open file and what SQLite itself does with it.
    struct Opened {
        var log: WriteLog
        var file: WriteLog.File
        var methods: sqlite3_io_methods
    }

    static let logs = Mutex<[String: WriteLog]>([:])
    // By the address of the file; `guardian` is the lock.
    nonisolated(unsafe) private static var files: [UInt: Opened] = [:]
    private static let guardian = Mutex(())
    // Set by the one thread that gets to `installed` first, before any file is opened through them.
    nonisolated(unsafe) private static var system = sqlite3_vfs()
    // The same thread, and SQLite behind its own lock.
    nonisolated(unsafe) private static var vfs = sqlite3_vfs()

    static func install() { _ = installed }

    private static let installed: Bool = {
        guard let found = sqlite3_vfs_find(nil) else { return false }
        system = found.pointee
        vfs = found.pointee
        vfs.zName = UnsafePointer(strdup("write-log"))
        vfs.xOpen = { vfs, name, file, flags, outFlags in
            let code = Hook.system.xOpen(vfs, name, file, flags, outFlags)
            if code == SQLITE_OK, let name, let file { Hook.watch(file, String(cString: name)) }
            return code
        }
        return sqlite3_vfs_register(&vfs, 1) == SQLITE_OK
    }()

    private static func watch(_ file: UnsafeMutablePointer<sqlite3_file>, _ path: String) {
        guard let slash = path.lastIndex(of: "/"),
            let kind = WriteLog.File(rawValue: String(path[path.index(after: slash)...])),
            let log = logs.withLock({ $0[String(path[..<slash])] })
        else { return }
        guard let system = file.pointee.pMethods?.pointee else { return }
        let opened = Opened(log: log, file: kind, methods: system)
        guardian.withLock { _ in files[UInt(bitPattern: file)] = opened }
        // As long as the process: SQLite looks at it even while it closes the file.
        let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        methods.initialize(to: replaced(system))
        file.pointee.pMethods = UnsafePointer(methods)
    }

    private static func replaced(_ system: sqlite3_io_methods) -> sqlite3_io_methods {
        var methods = system
        methods.xWrite = { file, bytes, count, offset in
            let written = [UInt8](UnsafeRawBufferPointer(start: bytes, count: Int(count)))
            return Hook.run(file) {
                $0.xWrite(file, bytes, count, offset)
            } as: {
                .write($0, offset: Int(offset), bytes: written)
            }
        }
        methods.xTruncate = { file, size in
            Hook.run(file) {
                $0.xTruncate(file, size)
            } as: {
                .truncate($0, size: Int(size))
            }
        }
        methods.xSync = { file, flags in
            Hook.run(file) {
                $0.xSync(file, flags)
            } as: {
                .sync($0)
            }
        }
        methods.xClose = { file in
            let opened = Hook.guardian.withLock { _ in
                Hook.files.removeValue(forKey: UInt(bitPattern: file))
            }
            return opened?.methods.xClose(file) ?? SQLITE_IOERR
        }
        return methods
    }

    private static func run(
        _ file: UnsafeMutablePointer<sqlite3_file>?, _ call: (sqlite3_io_methods) -> Int32,
        as step: (WriteLog.File) -> WriteLog.Step
    ) -> Int32 {
        let found = guardian.withLock { _ in files[UInt(bitPattern: file)] }
        guard let opened = found else { return SQLITE_IOERR }
        let code = call(opened.methods)
        if code == SQLITE_OK { opened.log.add(step(opened.file)) }
        return code
    }
}
