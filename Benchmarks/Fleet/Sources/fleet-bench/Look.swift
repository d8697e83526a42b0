/// A look at a link between two passes of a minute.
///
/// The daemon looks every ten seconds, which matters while a link goes and when it is back.
struct Look: Hashable {
    /// The pass that comes next.
    let pass: Int
    /// How many seconds before it.
    let early: Int

    private static let interval = 10
    // How many looks show how long it was away; then the passes do.
    private static let whileAway = 7
    private static let after = 2

    /// All looks of a link, in their order.
    static func all(of story: LinkStory) -> [Look] {
        var found: Set<Int> = []
        for down in story.downs {
            let (gone, back) = (first(down.from), first(down.to))
            found.formUnion(gone..<min(gone + whileAway, back))
            found.formUnion(back..<back + after)
        }
        return found.sorted().compactMap { number in
            let pass = (number * interval + 59) / 60
            let early = pass * 60 - number * interval
            // Nobody looks while the node is off, or readings stop.
            guard early > 0, pass > 0, !story.story.isUnread(pass), !story.story.isUnread(pass - 1)
            else { return nil }
            return Look(pass: pass, early: early)
        }
    }

    private static func first(_ time: Double) -> Int {
        Int((time / Double(interval)).rounded(.up))
    }
}
