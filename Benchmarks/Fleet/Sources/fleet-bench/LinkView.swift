import Model

/// What all peers read of a cable: the raw values at the passes at which something changed.
///
/// Peers' counters are those of sysfs and PortCounters at the node's end, which stick and are
/// cleared by others, and those of the switch.
struct LinkView {
    /// The values after a pass's changes, and by how much each counter rose there.
    struct Moment {
        let pass: Int
        var here: [UInt64]
        var there: [UInt64]
        /// Whether somebody cleared, or the device did, since the moment before.
        var isClearedHere = false
        var isClearedThere = false
        /// Rises of this pass in the switch's 64-bit counters.
        var risesThere = [UInt64](repeating: 0, count: LinkCounter.count)
        var risesHere = [UInt64](repeating: 0, count: LinkCounter.count)
        var isBoot = false
        var isReload = false
    }

    let story: LinkStory
    let passes: Int
    private(set) var moments: [Moment] = []

    init(_ story: LinkStory, passes: Int) {
        self.story = story
        self.passes = passes
        var probe = LinkProbe(story)
        var last = Moment(pass: 0, here: Self.here(probe), there: probe.far)
        moments = [last]
        var changes = story.changes[...]
        while let first = changes.first {
            var pass = first.pass
            // A node that is off is read when it is back.
            if let off = story.story.off.first(where: { $0.contains(pass) }) {
                pass = off.upperBound
            }
            var moment = Moment(pass: pass, here: [], there: [])
            while let change = changes.first, change.pass <= pass {
                changes.removeFirst()
                moment.note(change.what)
            }
            _ = probe.advance(to: pass)
            moment.here = Self.here(probe)
            moment.there = probe.far
            for index in 0..<LinkCounter.count where moment.here[index] > last.here[index] {
                moment.risesHere[index] = moment.here[index] - last.here[index]
            }
            moments.append(moment)
            last = moment
        }
    }

    private static func here(_ probe: LinkProbe) -> [UInt64] {
        LinkCounter.allCases.map {
            $0.isHost ? probe.wide[$0.rawValue] : probe.narrow[$0.rawValue]
        }
    }
}

extension LinkView.Moment {
    fileprivate mutating func note(_ what: LinkChange.What) {
        switch what {
        case .clear(.local): isClearedHere = true
        case .clear(.peer): isClearedThere = true
        case .reload(let isCold):
            if isCold { isClearedHere = true }
            isReload = true
        case .boot: isBoot = true
        case .count(.peer, let counter, let amount): risesThere[counter.rawValue] += amount
        default: break
        }
    }
}
