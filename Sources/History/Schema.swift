/// The tables of `history.db`.
///
/// Values of 64 bits without a sign are stored by their bit pattern. `head` keeps one row per pass;
/// rows come in groups that start with a key frame (see `RowCodec`) and are dropped as a whole.
enum Schema {
    /// The version that this program writes, `PRAGMA user_version`.
    static let version: Int64 = 2
    /// `FWhs`, `PRAGMA application_id`: tells our file from other SQLite files.
    static let applicationID: Int64 = 0x4657_6873

    /// Creates the tables; run in one transaction with the two pragmas that mark the file as ours.
    static let creation = """
        CREATE TABLE meta(k TEXT PRIMARY KEY, v INT NOT NULL) WITHOUT ROWID;
        CREATE TABLE device(dev INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, layout INT NOT NULL,
            first INT NOT NULL, first_t INT NOT NULL, last INT NOT NULL);
        CREATE TABLE layout(layout INTEGER PRIMARY KEY, class TEXT NOT NULL);
        CREATE TABLE field(layout INT, ctr INT, name TEXT NOT NULL, kind TEXT NOT NULL,
            unit TEXT NOT NULL, PRIMARY KEY(layout, ctr)) WITHOUT ROWID;
        CREATE TABLE epoch(epoch INTEGER PRIMARY KEY, t0 INT NOT NULL, boot_id TEXT NOT NULL,
            why TEXT NOT NULL);
        CREATE TABLE head(cyc INTEGER PRIMARY KEY, t INT NOT NULL, key INT NOT NULL,
            epoch INT NOT NULL, d BLOB NOT NULL);
        CREATE TABLE event(id INTEGER PRIMARY KEY, dev INT NOT NULL, layout INT NOT NULL,
            ctr INT NOT NULL, kind TEXT NOT NULL, before INT NOT NULL, after INT NOT NULL);
        CREATE TABLE offs(dev INT, ctr INT, off INT NOT NULL, field INT NOT NULL,
            PRIMARY KEY(dev, ctr)) WITHOUT ROWID;
        CREATE TABLE published(slot TEXT, name TEXT, series TEXT NOT NULL, base INT NOT NULL,
            PRIMARY KEY(slot, name)) WITHOUT ROWID;
        \(journal)
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

    /// What makes a file of each older version one of the version after it, from 1.
    static let migrations = [
        "BEGIN IMMEDIATE; \(journal) PRAGMA user_version=2; COMMIT;"
    ]

    /// The events of one pass are numbered `pass << eventBits` and up, so that ranges of passes
    /// are ranges of numbers.
    static let eventBits: Int64 = 20
}
