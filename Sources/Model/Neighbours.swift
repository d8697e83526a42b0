/// Which ports cables join, and since when they are others.
///
/// Series belong to parts, so that nothing is added to what a part counted that is gone. But a port
/// that gets another neighbour goes on counting, and has to say when that was.
package struct Neighbours: Sendable {
    /// What a cable shows that joins other ports than before.
    package struct Change: Hashable, Sendable {
        /// The port that the near one was joined to before; nil when it is the same or was unknown.
        package var farBefore: PortKey?
        /// The port that the far one was joined to before; nil likewise.
        package var nearBefore: PortKey?

        /// Nothing changed, unless said otherwise.
        package init(farBefore: PortKey? = nil, nearBefore: PortKey? = nil) {
            self.farBefore = farBefore
            self.nearBefore = nearBefore
        }
    }

    private var fars: [PortKey: PortKey] = [:]
    private var nears: [PortKey: PortKey] = [:]

    /// Nothing is known yet.
    package init() {}

    /// Takes up what was known; of a port with several neighbours nothing is.
    package init(_ known: [(near: PortKey, far: PortKey)]) {
        fars = Self.sure(known.map { ($0.near, $0.far) })
        nears = Self.sure(known.map { ($0.far, $0.near) })
    }

    private static func sure(_ pairs: [(PortKey, PortKey)]) -> [PortKey: PortKey] {
        Dictionary(grouping: pairs, by: \.0).compactMapValues { all in
            Set(all.map(\.1)).count == 1 ? all[0].1 : nil
        }
    }

    /// Notes that a cable joins two ports; returns what is other than before.
    package mutating func join(_ near: PortKey, _ far: PortKey) -> Change? {
        let change = Change(
            farBefore: fars.updateValue(far, forKey: near).flatMap { $0 == far ? nil : $0 },
            nearBefore: nears.updateValue(near, forKey: far).flatMap { $0 == near ? nil : $0 })
        return change == Change() ? nil : change
    }
}

extension Neighbours.Change {
    /// The event that it is, of the port of this node.
    ///
    /// - Parameters:
    ///   - device: The device's label.
    ///   - near: The port of this node.
    ///   - far: The port at the other end.
    ///   - peer: What people call the node at the other end; empty when nobody knows.
    ///   - wallMilliseconds: When it was seen.
    /// - Returns: `peer_changed` where the cable leads elsewhere, else `hca_changed`.
    package func event(
        device: String, near: PortKey, far: PortKey, peer: String, wallMilliseconds: Int64
    ) -> NodeEvent {
        let other = "port \(far.port) of \(peer.isEmpty ? "\(far.node)" : "\(peer) (\(far.node))")"
        let isRewired = farBefore != nil
        let detail =
            if let farBefore {
                "Port \(near.port) of \(device) leads to \(other) now, and led to port "
                    + "\(farBefore.port) of \(farBefore.node) before."
            } else {
                "HCA \(near.node) (\(device)) is connected to \(other) now, and HCA "
                    + "\(nearBefore?.node ?? near.node) was before."
            }
        return NodeEvent(
            kind: isRewired ? .peerChanged : .hcaChanged, device: .named(device),
            link: UInt16(near.port), detail: detail, wallMilliseconds: wallMilliseconds,
            source: .infiniBand,
            line: "\(device)/\(near.port): \(near) - \(far), before: "
                + "\(isRewired ? near : nearBefore ?? near) - \(farBefore ?? far)")
    }
}
