extension V1 {
    /// `/api/v1/marks`: the named moments, in the order of their passes.
    package struct Marks: Codable, Hashable, Sendable {
        /// The node's name.
        package var node: String
        /// When the document was put together.
        package var time: String
        /// The marks.
        package var marks: [Mark]

        /// A marks document.
        package init(node: String, time: String, marks: [Mark]) {
            self.node = node
            self.time = time
            self.marks = marks
        }
    }

    /// A named moment: `/api/v1/marks/<name>`.
    package struct Mark: Codable, Hashable, Sendable {
        /// The name.
        package var name: String
        /// The number of the pass that it names.
        package var pass: UInt64
        /// When that pass was collected.
        package var time: String
        /// The cursor of that pass.
        package var cursor: String
        /// Whether that pass is still kept, so that deltas can start from it.
        package var kept: Bool
        /// When the mark was put there.
        package var made: String
        /// From when on the mark is gone; absent for never.
        package var expires: String?
        /// What somebody noted; absent for nothing.
        package var note: String?

        /// A mark.
        package init(
            name: String, pass: UInt64, time: String, cursor: String, kept: Bool, made: String,
            expires: String?, note: String?
        ) {
            self.name = name
            self.pass = pass
            self.time = time
            self.cursor = cursor
            self.kept = kept
            self.made = made
            self.expires = expires
            self.note = note
        }
    }

    /// What is sent to set a mark; each key may be absent, and another one is refused.
    package struct MarkRequest: Codable, Hashable, Sendable {
        /// Where: what `since` of `/api/v1/deltas` takes; absent for the newest pass.
        package var at: String?
        /// Until when: a time, or a duration from now; absent for ever.
        package var expires: String?
        /// What to note; absent for nothing.
        package var note: String?
        /// Whether a mark of that name may be moved from another pass; absent for false.
        package var replace: Bool?

        /// A request.
        package init(
            at: String? = nil, expires: String? = nil, note: String? = nil, replace: Bool? = nil
        ) {
            self.at = at
            self.expires = expires
            self.note = note
            self.replace = replace
        }

        /// Reads a request; throws for a key that there is not, since a misspelt `replace` or
        /// `expires` must not be passed over.
        package init(from decoder: any Decoder) throws {
            try decoder.refuseStrays(CodingKeys.self)
            let values = try decoder.container(keyedBy: CodingKeys.self)
            at = try values.decodeIfPresent(String.self, forKey: .at)
            expires = try values.decodeIfPresent(String.self, forKey: .expires)
            note = try values.decodeIfPresent(String.self, forKey: .note)
            replace = try values.decodeIfPresent(Bool.self, forKey: .replace)
        }

        private enum CodingKeys: String, CodingKey, CaseIterable {
            case at, expires, note, replace
        }
    }
}
