package import Model

/// Makes events of what one device tells.
///
/// A port that goes down makes one event, which its coming up completes: what was `link_down`
/// becomes a `link_flap`, from when it went down to when it came up. What a port tells twice is
/// told once. Of repeats within `EventWindow.lengthNanoseconds` the first is the event and counts
/// the others.
package struct VerbsTale {
    /// How long a link may be down for its coming up to be part of the same event.
    package static let flapMilliseconds: Int64 = 60_000

    private static let foldMilliseconds = Int64(EventWindow.lengthNanoseconds / 1_000_000)

    private struct Port {
        // The latest time that it went down, and all within a window of that; nil before the first.
        var outage: NodeEvent?
        // When it went down last.
        var downMilliseconds: Int64 = 0
        // nil while the port has told neither.
        var isUp: Bool?
    }

    private let device: VerbsDevice
    private var ports: [UInt8: Port] = [:]
    private var window = EventWindow()

    /// Of a device that has told nothing.
    package init(_ device: VerbsDevice) {
        self.device = device
    }

    /// Takes what the device told.
    ///
    /// - Parameters:
    ///   - notice: What was told.
    ///   - number: Of which port; nil for the device.
    ///   - wallMilliseconds: When it was read.
    ///   - nowNanoseconds: The same on a clock that nobody sets.
    /// - Returns: The event when it is new or says more than before.
    package mutating func take(
        _ notice: VerbsNotice, port number: UInt8?, wallMilliseconds: Int64, nowNanoseconds: UInt64
    ) -> NodeEvent? {
        let event = event(notice, number, wallMilliseconds)
        guard let number else { return window.take(event, nowNanoseconds: nowNanoseconds) }
        switch notice {
        case .portError: return goDown(number, event)
        case .portActive: return comeUp(number, event)
        default: return window.take(event, nowNanoseconds: nowNanoseconds)
        }
    }

    /// The events whose counts grew, once their window has closed.
    package mutating func close(nowNanoseconds: UInt64) -> [NodeEvent] {
        window.close(nowNanoseconds: nowNanoseconds)
    }

    /// When `close` has something to give; nil while nothing grew.
    package var nextDeadlineNanoseconds: UInt64? { window.nextDeadlineNanoseconds }

    private mutating func goDown(_ number: UInt8, _ event: NodeEvent) -> NodeEvent? {
        var port = ports[number] ?? Port()
        guard port.isUp != false else { return nil }
        port.isUp = false
        port.downMilliseconds = event.wallMilliseconds
        if var earlier = port.outage, event.follows(earlier, within: Self.foldMilliseconds) {
            earlier.count += 1
            earlier.lastWallMilliseconds = event.wallMilliseconds
            earlier.kind = .linkDown
            earlier.line = event.line
            earlier.detail = event.detail
            port.outage = earlier
        } else {
            port.outage = event
        }
        ports[number] = port
        return port.outage
    }

    private mutating func comeUp(_ number: UInt8, _ event: NodeEvent) -> NodeEvent? {
        var port = ports[number] ?? Port()
        guard port.isUp != true else { return nil }
        defer { ports[number] = port }
        port.isUp = true
        let milliseconds = event.wallMilliseconds - port.downMilliseconds
        guard var outage = port.outage, 0...Self.flapMilliseconds ~= milliseconds else {
            port.outage = nil
            return event
        }
        outage.kind = .linkFlap
        outage.lastWallMilliseconds = event.wallMilliseconds
        outage.detail = Self.sentence(
            device, number, "was down for \(Self.seconds(milliseconds)) s")
        outage.line = "\(outage.line), \(event.line)"
        port.outage = outage
        return outage
    }

    private func event(
        _ notice: VerbsNotice, _ port: UInt8?, _ wallMilliseconds: Int64
    ) -> NodeEvent {
        NodeEvent(
            kind: notice.kind, device: device.address.map { .pci($0) } ?? .named(device.name),
            link: port.map(UInt16.init), severity: notice == .deviceFatal ? "fatal" : nil,
            detail: Self.sentence(device, port, notice.predicate),
            wallMilliseconds: wallMilliseconds, source: .verbs,
            line: "\(device.name)\(port.map { "/\($0)" } ?? ""): \(notice.name)")
    }

    private static func sentence(
        _ device: VerbsDevice, _ port: UInt8?, _ predicate: String
    ) -> String {
        port.map { "Port \($0) of \(device.name) \(predicate)." } ?? "\(device.name) \(predicate)."
    }

    private static func seconds(_ milliseconds: Int64) -> String {
        let rest = String(1000 + milliseconds % 1000).dropFirst()
        return "\(milliseconds / 1000).\(rest)"
    }
}

extension NodeEvent {
    // A clock that was set back tells nothing of what came first.
    fileprivate func follows(_ earlier: NodeEvent, within milliseconds: Int64) -> Bool {
        0..<milliseconds ~= wallMilliseconds - earlier.wallMilliseconds
    }
}
