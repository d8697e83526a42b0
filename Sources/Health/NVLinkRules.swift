import Model

/// The rules about NVLinks: which are down, which have errors, and what the bad ones share.
enum NVLinkRules {
    /// What holds of the links of every GPU.
    static func judge(_ evidence: Evidence, into judgement: inout Judgement) {
        let gpus = evidence.gpus?.gpus ?? []
        let downs = gpus.filter { !$0.linksDown.isEmpty && $0.hang == nil }.map {
            Bad(gpu: $0, links: $0.linksDown)
        }
        for bad in downs { judgement.take(down(bad, among: downs), bad.links) }
        let errors = gpus.compactMap { failing($0, evidence) }
        for bad in errors { judgement.take(opinion(bad, among: errors), bad.links) }
        let noted = Set(errors.map(\.gpu.address))
        for gpu in gpus where !noted.contains(gpu.address) {
            note(gpu, evidence, &judgement)
        }
    }

    // One GPU and its links that are down, or that have counted too much.
    private struct Bad {
        let gpu: GPUEvidence
        let links: [UInt8]
        var trigger: CountTrigger?
        var isRecovery = false
        var count: UInt64 = 0
        var watched = 0.0

        var numbers: String {
            "\(links.count == 1 ? "NVLink" : "NVLinks") "
                + links.map { "\($0)" }.joined(separator: ", ")
        }

        var remotes: [NVLinkRemote?] { links.map { gpu.remotes[$0] } }

        // Whether all of them may lead to one NVSwitch. One that is not on this node's bus has no
        // address: then a GPU that lost more than half of its links lost more than one.
        func leadsToTheSwitch(of other: Bad) -> Bool {
            let places = Set((remotes + other.remotes).map { $0?.address })
            guard (remotes + other.remotes).allSatisfy({ $0?.kind == .nvswitch }),
                places.count == 1
            else { return false }
            return places.first != .some(nil)
                || [self, other].allSatisfy { $0.links.count * 2 <= $0.gpu.links.count }
        }
    }

    // MARK: What they share

    private static func attribution(_ bad: Bad, among all: [Bad]) -> (Attribution, String?) {
        let others = all.filter {
            $0.gpu.address != bad.gpu.address && $0.leadsToTheSwitch(of: bad)
        }
        if !others.isEmpty {
            let place = bad.remotes[0]?.address.map { " at \($0)" } ?? ""
            return (
                Attribution.row(.sharedNVSwitch),
                "links of \(others.count + 1) GPUs to the NVSwitch\(place) have it"
            )
        }
        guard bad.links.count > 1 else { return (Attribution.row(.oneNVLink), nil) }
        let peers = bad.remotes.map { $0?.kind == .gpu ? $0?.address : nil }
        if let peer = peers[0], peers.allSatisfy({ $0 == peer }) {
            return (Attribution.row(.oneNVLink), "all of them lead to the GPU at \(peer)")
        }
        return (Attribution.row(.manyNVLinks), nil)
    }

    // A link that leads to a GPU passes no switch.
    private static func accused(_ row: Attribution, _ bad: Bad) -> [Domain] {
        let isDirect = bad.remotes.allSatisfy { $0?.kind == .gpu }
        return isDirect ? row.accused.filter { $0 != .nvswitch } : row.accused
    }

    // MARK: Down

    private static func down(_ bad: Bad, among all: [Bad]) -> Opinion {
        let (row, shared) = attribution(bad, among: all)
        var opinion = Opinion(
            bad.gpu, .nvlinkDown, ConditionCatalog.row(.nvlinkDown).severity,
            "\(bad.numbers) \(bad.links.count == 1 ? "is" : "are") down: \(row.because).",
            action: "Look for Xid 74, 149 and SXids: fabricwatch events; then drain and reset "
                + "the GPU.",
            accused: accused(row, bad),
            evidence: [
                (bad.links.count == 1 ? "it was" : "they were")
                    + " active earlier; \(bad.gpu.linksUp) other links are up"
            ] + [shared].compactMap { $0 })
        opinion.summary = "\(bad.numbers) of \(bad.gpu.name) went down."
        return opinion
    }

    // MARK: Errors

    private static let repeats = [
        "replay_errors", "crc_errors", "effective_errors", "symbol_errors", "receive_errors",
        "receive_general_errors", "malformed_packet_errors", "buffer_overrun_errors",
        "local_link_integrity_errors",
    ]
    private static let afterFEC = ["effective_errors"]
    private static let failures = ["recovery_failed", "recovery_errors"]
    /// Blocks that FEC nearly lost: RS(544,514) corrects 15 symbols of a block.
    static let margin = (12...15).map { "fec_history_bin_\($0)" }
    private static let triggers = [
        ("critical", failures), ("critical_effective", afterFEC), ("warning", repeats + margin),
    ]

    private static func failing(_ gpu: GPUEvidence, _ evidence: Evidence) -> Bad? {
        guard let uuid = gpu.uuid else { return nil }
        let now = evidence.recent.now
        for (prefix, counters) in triggers {
            guard let trigger = evidence.thresholds.trigger(.nvlinkErrors, prefix) else { continue }
            var count: UInt64 = 0
            var watched = 0.0
            let links = gpu.links.filter { link in
                let found = evidence.recent.histories(.nvlink(uuid, link), counters)
                guard trigger.holds(found, now: now) else { return false }
                count &+= trigger.sum(found, now: now)
                watched = max(
                    watched, CountHistory.watchedSeconds(found, since: now - trigger.seconds))
                return true
            }
            guard !links.isEmpty else { continue }
            return Bad(
                gpu: gpu, links: links, trigger: trigger, isRecovery: counters == failures,
                count: count, watched: watched)
        }
        return nil
    }

    private static func note(
        _ gpu: GPUEvidence, _ evidence: Evidence, _ judgement: inout Judgement
    ) {
        guard let uuid = gpu.uuid, gpu.isSeen else { return }
        let all = gpu.links.flatMap {
            evidence.recent.histories(.nvlink(uuid, $0), failures + repeats + margin)
        }
        judgement.quiet[IncidentKey(.nvlinkErrors, gpu.subject)] = CountHistory.quietSeconds(all)
    }

    private static func opinion(_ bad: Bad, among all: [Bad]) -> Opinion {
        let (row, shared) = attribution(bad, among: all)
        let noun = bad.isRecovery ? "recovery that lost the link" : "error"
        let plural = bad.isRecovery ? "recoveries that lost the link" : "errors"
        let severity = bad.trigger?.severity ?? .warning
        return Opinion(
            bad.gpu, .nvlinkErrors, severity,
            "\(Plain.counted(bad.count, noun, plural)) on \(bad.numbers) in "
                + "\(Plain.window(bad.trigger?.seconds ?? 0, watched: bad.watched)): "
                + "\(row.because).",
            action: severity == .critical
                ? "Drain the node and reset its GPUs once; if it comes again, have the accused "
                    + "part replaced."
                : "Watch it; compare with the links of the other GPUs: fabricwatch gpus.",
            accused: accused(row, bad), evidence: [shared].compactMap { $0 })
    }
}

extension Judgement {
    // An opinion about some of a GPU's links.
    fileprivate mutating func take(_ opinion: Opinion, _ links: [UInt8]) {
        opinions.append(opinion)
        self.links[IncidentKey(opinion.id, opinion.subject)] = links
    }
}
