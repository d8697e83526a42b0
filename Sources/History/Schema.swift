/// The tables of `history.db`.
///
/// Values of 64 bits without a sign are stored by their bit pattern. The newest passes are rows of
/// `head`, in groups that start with a key frame (see `RowCodec`). Older ones are sealed: a row of
/// `slot` and one `chunk` for each device. Every row that has no checksum inside has one beside it.
enum Schema {
    /// The version that this program writes, `PRAGMA user_version`.
    static let version: Int64 = 3
    /// `FWhs`, `PRAGMA application_id`: tells our file from other SQLite files.
    static let applicationID: Int64 = 0x4657_6873

    /// The events of one pass are numbered `pass << eventBits` and up, so that ranges of passes
    /// are ranges of numbers.
    static let eventBits: Int64 = 20
    /// The chunks of a slot are numbered `first pass << chunkBits` and up.
    static let chunkBits: Int64 = 12

    /// A table whose rows have a checksum in the column `crc`.
    enum Table: String, CaseIterable {
        case meta, device, layout, field, epoch, event, offs, published, mark
        case nodeEvent = "node_event"
        case logPosition = "log_position"

        /// The columns that the checksum covers, in its order.
        var covered: [String] {
            switch self {
            case .meta: ["k", "v"]
            case .device: ["dev", "key", "layout", "first", "first_t"]
            case .layout: ["layout", "class"]
            case .field: ["layout", "ctr", "name", "kind", "unit"]
            case .epoch: ["epoch", "t0", "boot_id", "why"]
            case .event: ["id", "t", "dev", "layout", "ctr", "kind", "before", "after"]
            case .offs: ["dev", "ctr", "off", "field"]
            case .published: ["slot", "name", "series", "base"]
            case .mark: ["name", "pass", "t", "made", "expires", "note"]
            case .nodeEvent:
                [
                    "id", "t", "t_last", "count", "kind", "device", "pci", "gpu", "number", "link",
                    "process", "severity", "detail", "sources", "boot_id", "record", "root_record",
                    "root", "line", "answered",
                ]
            case .logPosition: ["only", "boot_id", "record"]
            }
        }

        /// Columns that the checksum does not cover, since they change by themselves.
        var others: [String] {
            self == .device ? ["last", "bundle"] : []
        }

        /// Inserts a row or replaces the one with its key; parameters are the covered columns and
        /// the others, in their order.
        var insertion: String {
            let columns = covered + others
            let values = columns.indices.map { "?\($0 + 1)" }
            let sum = covered.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
            return "INSERT OR REPLACE INTO \(rawValue)(\(columns.joined(separator: ", ")), crc) "
                + "VALUES(\(values.joined(separator: ", ")), \(RowChecksum.name)(\(sum)))"
        }

        /// Whether a row is the one that was written.
        var isSound: String { "\(rawValue).crc = \(sum)" }

        /// Gives rows that have none their checksum.
        var update: String { "UPDATE \(rawValue) SET crc = \(sum)" }

        private var sum: String {
            "\(RowChecksum.name)("
                + covered.map { "\(rawValue).\($0)" }.joined(separator: ", ") + ")"
        }
    }

    /// Creates the tables; run in one transaction with the two pragmas that mark the file as ours.
    static let creation = """
        CREATE TABLE meta(k TEXT PRIMARY KEY, v INT NOT NULL, crc INT NOT NULL DEFAULT 0)
            WITHOUT ROWID;
        CREATE TABLE device(dev INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, layout INT NOT NULL,
            first INT NOT NULL, first_t INT NOT NULL, last INT NOT NULL,
            bundle TEXT NOT NULL DEFAULT '', crc INT NOT NULL DEFAULT 0);
        CREATE TABLE layout(layout INTEGER PRIMARY KEY, class TEXT NOT NULL,
            crc INT NOT NULL DEFAULT 0);
        CREATE TABLE field(layout INT, ctr INT, name TEXT NOT NULL, kind TEXT NOT NULL,
            unit TEXT NOT NULL, crc INT NOT NULL DEFAULT 0, PRIMARY KEY(layout, ctr)) WITHOUT ROWID;
        CREATE TABLE epoch(epoch INTEGER PRIMARY KEY, t0 INT NOT NULL, boot_id TEXT NOT NULL,
            why TEXT NOT NULL, crc INT NOT NULL DEFAULT 0);
        CREATE TABLE head(cyc INTEGER PRIMARY KEY, t INT NOT NULL, key INT NOT NULL,
            epoch INT NOT NULL, d BLOB NOT NULL);
        CREATE TABLE event(id INTEGER PRIMARY KEY, dev INT NOT NULL, layout INT NOT NULL,
            ctr INT NOT NULL, kind TEXT NOT NULL, before INT NOT NULL, after INT NOT NULL,
            t INT NOT NULL DEFAULT 0, crc INT NOT NULL DEFAULT 0);
        CREATE TABLE offs(dev INT, ctr INT, off INT NOT NULL, field INT NOT NULL,
            crc INT NOT NULL DEFAULT 0, PRIMARY KEY(dev, ctr)) WITHOUT ROWID;
        CREATE TABLE published(slot TEXT, name TEXT, series TEXT NOT NULL, base INT NOT NULL,
            crc INT NOT NULL DEFAULT 0, PRIMARY KEY(slot, name)) WITHOUT ROWID;
        \(journal)
        ALTER TABLE node_event ADD COLUMN crc INT NOT NULL DEFAULT 0;
        ALTER TABLE log_position ADD COLUMN crc INT NOT NULL DEFAULT 0;
        \(sealed)
        PRAGMA application_id=\(applicationID);
        PRAGMA user_version=\(version);
        """

    // What happened on the node, where columns without NOT NULL are NULL for what is not there, and
    // in one row how far the kernel log was read.
    private static let journal = """
        CREATE TABLE node_event(id INTEGER PRIMARY KEY, t INT NOT NULL, t_last INT NOT NULL,
            count INT NOT NULL, kind TEXT NOT NULL, device TEXT, pci INT NOT NULL, gpu TEXT,
            number INT, link INT, process TEXT, severity TEXT, detail TEXT, sources TEXT NOT NULL,
            boot_id TEXT NOT NULL, record INT, root_record INT, root INT, line TEXT NOT NULL,
            answered INT);
        CREATE TABLE log_position(only INTEGER PRIMARY KEY, boot_id TEXT NOT NULL,
            record INT NOT NULL);
        """

    // Passes from `first` to `last`, times from `t0` to `t1`; `tier` is 1 for a thinned slot.
    private static let sealed = """
        CREATE TABLE slot(first INTEGER PRIMARY KEY, last INT NOT NULL, t0 INT NOT NULL,
            t1 INT NOT NULL, epoch INT NOT NULL, tier INT NOT NULL, d BLOB NOT NULL);
        CREATE TABLE chunk(id INTEGER PRIMARY KEY, d BLOB NOT NULL);
        CREATE TABLE mark(name TEXT PRIMARY KEY, pass INT NOT NULL, t INT NOT NULL,
            made INT NOT NULL, expires INT, note TEXT NOT NULL, crc INT NOT NULL DEFAULT 0)
            WITHOUT ROWID;
        """

    /// What makes a file of each older version one of the version after it, from 1.
    static let migrations = [
        "BEGIN IMMEDIATE; \(journal) PRAGMA user_version=2; COMMIT;",
        """
        BEGIN IMMEDIATE;
        ALTER TABLE device ADD COLUMN bundle TEXT NOT NULL DEFAULT '';
        ALTER TABLE event ADD COLUMN t INT NOT NULL DEFAULT 0;
        UPDATE event SET t = coalesce((SELECT t FROM head WHERE cyc = id >> \(eventBits)), 0);
        \(sealed)
        \(Table.allCases.filter { $0 != .mark }.map {
            "ALTER TABLE \($0.rawValue) ADD COLUMN crc INT NOT NULL DEFAULT 0; \($0.update);"
        }.joined(separator: "\n"))
        UPDATE device SET bundle = key;
        PRAGMA user_version=3;
        COMMIT;
        """,
    ]
}

extension Connection {
    /// Whether SQLite finds no fault in the pages of a table, which must be a small one.
    ///
    /// Lost rows leave no checksum that is wrong.
    func isWhole(_ table: Schema.Table) throws(HistoryError) -> Bool {
        try text("PRAGMA quick_check(\(table.rawValue))", to: "check \(table.rawValue)") == "ok"
    }
}
