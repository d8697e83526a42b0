/// leptonai/gpud: link states every 30 s, the driver's Xids; no counter of InfiniBand decides.
enum Gpud {
    // Two samples this far apart have to see the port down before it counts as a flap.
    private static let sample = 30.0
    private static let flaps = 3
    private static let memory = 5 * 86_400.0

    static func alarms(_ view: LinkView) -> [Alarm] {
        var alarms: [Alarm] = []
        var returns: [Double] = []
        var isFlapping = false
        var repairs = view.story.story.faults.filter {
            $0.kind.isLink && $0.part == view.story.rail
        }.map(\.back)
        for down in view.story.seenDowns {
            // The operator who repaired the link has set it healthy.
            while let repair = repairs.first, Double(repair) * 60 <= down.from {
                repairs.removeFirst()
                returns = []
                isFlapping = false
            }
            let first = (down.from / sample).rounded(.up) * sample
            guard first < down.to else { continue }
            // Fewer ports are active than the GPU's model has: unhealthy until it is back.
            alarms.append(
                Alarm(
                    rule: "ports", pass: Int((first / 60).rounded(.up)), isCritical: true,
                    accused: .local, until: down.upPass))
            guard first + sample < down.to else { continue }
            returns.append(down.to)
            returns.removeAll { $0 < down.to - memory }
            if returns.count >= flaps, !isFlapping {
                isFlapping = true
                alarms.append(
                    Alarm(
                        rule: "flap", pass: down.upPass, isCritical: true, accused: .local,
                        until: repairs.first ?? .max))
            }
        }
        return alarms
    }

    // Of the catalogue's Xids those with a reboot or an inspection are fatal; 13, 31, 43 and 45 are
    // warnings, which leave the component healthy.
    private static let fatal: Set<UInt32> = [48, 64, 74, 79, 119]

    static func alarms(_ story: GPUStory) -> [Alarm] {
        story.changes.compactMap { change in
            let rule: String
            switch change.what {
            case .xid(let number, _) where fatal.contains(number): rule = "xid \(number)"
            case .remapFailed: rule = "remapped rows"
            case .lost: rule = "GPU count"
            default: return nil
            }
            return Alarm(
                rule: rule, pass: change.pass, isCritical: true, accused: .local,
                until: story.nextBoot(after: change.pass))
        }
    }
}

extension LinkStory {
    /// When the link is down and the node is there to see it, ascending.
    var seenDowns: [Down] {
        var seen: [Down] = []
        for down in downs {
            var rest = down
            for off in story.off where rest.to > Double(off.lowerBound) * 60 {
                let (first, last) = (Double(off.lowerBound) * 60, Double(off.upperBound) * 60)
                guard rest.from < last else { continue }
                if rest.from < first {
                    seen.append(Down(from: rest.from, to: first, cause: rest.cause))
                }
                rest.from = last
            }
            if rest.to > rest.from { seen.append(rest) }
        }
        return seen.sorted { $0.from < $1.from }
    }
}
