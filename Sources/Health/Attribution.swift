import Model

/// Who is to blame for what was counted at which end: one row of the table for each pattern.
///
/// Errors are counted by whoever receives them, so the same count accuses opposite parts at the two
/// ends of a cable.
package struct Attribution: Sendable {
    /// What was seen in one window, at both ends of a cable.
    package enum Pattern: String, CaseIterable, Sendable {
        /// Errors arrive at the far end alone.
        case arriveAtPeer
        /// Errors arrive here alone.
        case arriveHere
        /// Errors arrive at both ends.
        case arriveAtBoth
        /// Errors arrive at the far end on one lane alone.
        case oneLaneAtPeer
        /// Errors arrive here on one lane alone.
        case oneLaneHere
        /// Errors arrive here, and the far end cannot be asked.
        case arriveHerePeerUnseen
        /// Errors arrive at the far end, and this end was not read.
        case arriveAtPeerHereUnseen
        /// The far end counted that the link went down, this end did not.
        case downAtPeer
        /// This end counted that the link went down, the far end did not.
        case downHere
        /// Both ends counted that the link went down.
        case downAtBoth
        /// One end counted that the link went down, the other cannot be asked.
        case downOtherUnseen
        /// Packets arrive that were marked as bad before.
        case markedBefore
        /// The far end discards what it should send here, and the HCA waits for PCIe.
        case slowPCIe
        /// The far end discards what it should send here, PCIe is well, and no buffers were posted.
        case slowReceiver
        /// The far end discards what it should send here.
        case discardsTowardsHere
        /// This end discards what it should send.
        case discardsTowardsPeer
        /// The far end receives packets that break the rules of their format.
        case malformedAtPeer
        /// The far end receives packets without having a buffer for them.
        case overrunAtPeer
        /// The far end has no way to send packets on.
        case unroutable
        /// The far end drops packets that would leave by the port they came in.
        case looping
        /// The far end waits to send here, for longer than usual.
        case waitsToSendHere
        /// This end waits to send, for longer than usual.
        case waitsToSendThere
        /// One end sent what the other did not receive, and nobody counted a loss.
        case vanish
        /// Packets arrive changed, and no link damaged them.
        case corrupted
        /// Packets arrive here with a key that does not fit.
        case wrongKey
        /// Both ends count what neither link nor parts explain.
        case noPart
        /// Several ports of one HCA at once.
        case severalPorts
        /// One NVLink, or those between the same two GPUs.
        case oneNVLink
        /// Many NVLinks of one GPU.
        case manyNVLinks
        /// NVLinks of several GPUs that lead to the same NVSwitch.
        case sharedNVSwitch
    }

    /// The pattern.
    package let pattern: Pattern
    /// The accused, the most likely first.
    package let accused: [Domain]
    /// The end of the sentence that says why.
    package let because: String

    /// The rows in the order of `Pattern`.
    package static let matrix: [Attribution] = Pattern.allCases.map(row)

    /// The row of a pattern.
    package static func row(_ pattern: Pattern) -> Attribution {
        let (accused, because) = rows[pattern] ?? ([], "no part of this link")
        return Attribution(pattern: pattern, accused: accused, because: because)
    }

    private static let oneLane =
        "one lane alone is a fibre, a laser or a contact, and neither HCA nor switch"

    private static let rows: [Pattern: (accused: [Domain], because: String)] = [
        .arriveAtPeer: (
            [.localPort, .cable, .peerPort], "our transmitter, our module or the cable"
        ),
        .arriveHere: (
            [.peerPort, .cable, .localPort], "the peer's transmitter, its module or the cable"
        ),
        .arriveAtBoth: (
            [.cable, .localPort, .peerPort],
            "what both directions share: a dirty connector, a bend, the cable"
        ),
        .oneLaneAtPeer: ([.cable, .localPort], oneLane),
        .oneLaneHere: ([.cable, .peerPort], oneLane),
        .arriveHerePeerUnseen: (
            [.peerPort, .cable, .localPort], "the way from the peer, as far as one end tells"
        ),
        .arriveAtPeerHereUnseen: (
            [.localPort, .cable, .peerPort], "the way to the peer, as far as one end tells"
        ),
        .downAtPeer: (
            [.host, .localPort], "this end began it: look at the node, not at the cable"
        ),
        .downHere: ([.peerPort, .cable], "the other end began it, or was reset"),
        .downAtBoth: ([.cable, .localPort, .peerPort], "the link itself"),
        .downOtherUnseen: (
            [.cable, .peerPort, .localPort], "the link, as far as one end tells"
        ),
        .markedBefore: ([.fabric], "an earlier hop, and not this link"),
        .slowPCIe: (
            [.host, .pciePath], "this node's PCIe, IOMMU or GPU is too slow, not the fabric"
        ),
        .slowReceiver: ([.host], "the application posts too few receive buffers"),
        .discardsTowardsHere: (
            [.host, .peerPort], "this node takes packets too slowly, or the link was down"
        ),
        .discardsTowardsPeer: ([.peerSwitch, .fabric], "the fabric takes packets too slowly"),
        .malformedAtPeer: (
            [.localPort], "this HCA or its firmware builds bad packets, and no cable does that"
        ),
        .overrunAtPeer: (
            [.localPort, .peerPort], "the firmware of either end breaks the rule of credits"
        ),
        .unroutable: ([.subnetManager], "their destination or service level leads nowhere"),
        .wrongKey: (
            [.remoteNode, .subnetManager],
            "somebody sends with a key of another partition, job or subnet manager"
        ),
        .looping: ([.subnetManager, .fabric], "they would leave by the port they came in"),
        .waitsToSendHere: (
            [.host, .pciePath], "this node takes packets more slowly than it used to"
        ),
        .waitsToSendThere: (
            [.fabric], "the fabric takes packets more slowly: a hot spot, or a route that is shared"
        ),
        .vanish: (
            [.peerSwitch, .localPort],
            "no counter tells where, so that an ASIC or its firmware loses or miscounts them"
        ),
        .corrupted: ([.fabric, .localPort], "the memory of a switch or an HCA changed them"),
        .severalPorts: (
            [.localPort, .pciePath, .host], "several ports of one HCA are not several cables"
        ),
        .oneNVLink: (
            [.nvlink, .nvswitch, .gpu], "what lies between its two ends, or either of them"
        ),
        .manyNVLinks: ([.gpu, .nvswitch], "many links of one GPU accuse the GPU"),
        .sharedNVSwitch: (
            [.nvswitch, .nvlink, .gpu], "links of several GPUs share an NVSwitch, or the baseboard"
        ),
    ]
}

/// What both ends of a cable counted of one thing in one window.
struct TwoEnds {
    /// What this end counted; nil when it was not read.
    var local: UInt64?
    /// What the far end counted; nil when it was not read.
    var peer: UInt64?

    var grade: EvidenceGrade {
        switch (local, peer) {
        case (_?, _?): .twoEnded
        case (nil, _?): .peerOnly
        default: .localOnly
        }
    }

    /// What arrives badly where.
    var arrival: Attribution.Pattern {
        switch (local, peer) {
        case (let local?, let peer?) where local > 0 && peer > 0: .arriveAtBoth
        case (_?, let peer?) where peer > 0: .arriveAtPeer
        case (_?, _?): .arriveHere
        case (nil, _?): .arriveAtPeerHereUnseen
        default: .arriveHerePeerUnseen
        }
    }

    /// Who saw the link go down.
    var descent: Attribution.Pattern {
        switch (local, peer) {
        case (let local?, let peer?) where local > 0 && peer > 0: .downAtBoth
        case (let local?, _?): local > 0 ? .downHere : .downAtPeer
        default: .downOtherUnseen
        }
    }
}
