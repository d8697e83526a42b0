/// What somebody probably meant.
enum Suggestion {
    /// "expected one of ...; did you mean '...'?" for a key that `section` (with its dot, or empty)
    /// does not have.
    static func forKey(_ key: String, _ section: String, among paths: [String]) -> String {
        var siblings: [String] = []
        for path in paths where path.hasPrefix(section) {
            let name = String(path.dropFirst(section.count).prefix { $0 != "." })
            if !siblings.contains(name) { siblings.append(name) }
        }
        let expected = "expected one of \(siblings.joined(separator: ", "))"
        if let dot = key.lastIndex(of: "."), paths.contains(section + key) {
            return "\(expected); write '\(key[key.index(after: dot)...])' below '\(key[..<dot])'"
        }
        let elsewhere = paths.first { $0.split(separator: ".").last.map(String.init) == key }
        guard let meant = nearest(to: key, among: siblings) ?? elsewhere else { return expected }
        return "\(expected); did you mean '\(meant)'?"
    }

    /// The candidate that is a slip of the pen away or begins with `word`, if there is one.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let letters = Array(word.lowercased().utf8.prefix(64))
        guard letters.count >= 2, word.utf8.count <= 64 else { return nil }
        let allowed = max(1, letters.count / 3)
        let ranked = candidates.map { ($0, distance(letters, Array($0.lowercased().utf8))) }
        if let best = ranked.min(by: { $0.1 < $1.1 }), best.1 <= allowed { return best.0 }
        guard letters.count >= 3 else { return nil }
        return candidates.first { $0.hasPrefix(word.lowercased()) }
    }

    /// The number of letters to insert, delete, replace or swap with their neighbour.
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let replaced = last[column] + (left[row] == right[column] ? 0 : 1)
                var best = min(replaced, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1],
                    left[row - 1] == right[column]
                {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
