extension V1 {
    /// How the history on disk does.
    package struct HistoryState: Codable, Hashable, Sendable {
        /// The version of SQLite.
        package var sqlite: String
        /// What is wrong; absent when nothing is.
        package var trouble: String?
        /// Since when nothing can be written; absent while it can.
        package var since: String?
        /// Passes that wait in memory until they can be written.
        package var passesWaiting: Int
        /// Passes that were never written, since the daemon was started.
        package var passesLost: Int
        /// What the check of the file after the start found: `sound`, `damaged` or `unfinished`;
        /// absent before it ended.
        package var check: String?
        /// What becomes of a damaged file; absent when none was moved aside.
        package var salvage: Salvage?

        /// How the history does.
        package init(
            sqlite: String, trouble: String?, since: String?, passesWaiting: Int,
            passesLost: Int, check: String?, salvage: Salvage?
        ) {
            self.sqlite = sqlite
            self.trouble = trouble
            self.since = since
            self.passesWaiting = passesWaiting
            self.passesLost = passesLost
            self.check = check
            self.salvage = salvage
        }
    }

    /// What becomes of a damaged file of the history.
    package struct Salvage: Codable, Hashable, Sendable {
        /// Where it is now.
        package var file: String
        /// Whether nothing more will come of it.
        package var done: Bool
        /// Passes that were put into the new file.
        package var passesSalvaged: Int
        /// Passes between these that cannot be read.
        package var passesLost: Int

        /// What becomes of a damaged file.
        package init(file: String, done: Bool, passesSalvaged: Int, passesLost: Int) {
            self.file = file
            self.done = done
            self.passesSalvaged = passesSalvaged
            self.passesLost = passesLost
        }
    }
}
