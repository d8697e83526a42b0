/// Matching of names against the patterns of include and exclude lists.
package enum Glob {
    /// Whether `pattern` covers the whole of `text`.
    ///
    /// `*` stands for any run of characters, the empty one included, and `?` for exactly one
    /// (Unicode scalar); everything else stands for itself, case included. `/` is a character like
    /// any other: who matches paths splits them first.
    ///
    /// Costs at most pattern length × text length steps and no memory. Only the latest `*` is ever
    /// reconsidered, which is enough: an earlier one that took more could leave no more to match.
    package static func matches(pattern: String, text: String) -> Bool {
        let pattern = pattern.unicodeScalars
        let text = text.unicodeScalars
        var wanted = pattern.startIndex
        var seen = text.startIndex
        var retry: (wanted: String.Index, seen: String.Index)?

        while seen < text.endIndex {
            if wanted < pattern.endIndex, pattern[wanted] == "*" {
                wanted = pattern.index(after: wanted)
                retry = (wanted, seen)
            } else if wanted < pattern.endIndex,
                pattern[wanted] == "?" || pattern[wanted] == text[seen]
            {
                wanted = pattern.index(after: wanted)
                seen = text.index(after: seen)
            } else if let star = retry {
                let next = text.index(after: star.seen)
                retry = (star.wanted, next)
                (wanted, seen) = (star.wanted, next)
            } else {
                return false
            }
        }
        return pattern[wanted...].allSatisfy { $0 == "*" }
    }
}
