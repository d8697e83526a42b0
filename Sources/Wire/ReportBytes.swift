import Model

extension ByteWriter {
    mutating func report(_ value: InfiniBandReport) {
        moment(value.moment)
        integer(value.durationNanoseconds)
        for count in value.transport.counts { integer(count) }
        byte(value.areDevicesListed ? 1 : 0)
        list(value.ports) { $0.port($1) }
        list(value.hearings) {
            $0.text($1.device)
            $0.byte($1.isHeard ? 1 : 0)
            $0.optional($1.trouble)
        }
    }

    private mutating func port(_ value: PortReport) {
        text(value.device)
        key(value.key)
        integer(value.portGUID.rawValue)
        element(value.layer)
        text(value.firmware)
        text(value.model)
        identity(value.identity)
        byte(value.isListed ? 1 : 0)
        text(value.description)
        end(value.local)
        switch value.peer {
        case .absent: byte(0)
        case .unobservable(let failure):
            byte(1)
            self.failure(failure)
        case .observed(let identity, let report):
            byte(2)
            key(identity.key)
            byte(identity.isSwitch ? 1 : 0)
            integer(identity.systemImageGUID.rawValue)
            text(identity.description)
            integer(UInt64(identity.lid))
            end(report)
        }
    }

    private mutating func identity(_ value: HCAIdentity) {
        byte(value.address == nil ? 0 : 1)
        if let address = value.address { self.address(address) }
        element(value.role)
        for text in [value.boardID, value.part, value.serial, value.driver] { optional(text) }
    }

    private mutating func key(_ value: PortKey) {
        integer(value.node.rawValue)
        byte(value.port)
    }

    private mutating func failure(_ value: Failure?) {
        byte(value.flatMap { Failure.allCases.firstIndex(of: $0) }.map { UInt8($0) + 1 } ?? 0)
    }

    private mutating func end(_ value: EndReport) {
        byte(value.link == nil ? 0 : 1)
        if let link = value.link {
            byte(link.state)
            byte(link.physicalState)
            byte(link.widthLanes)
            integer(UInt64(link.laneMegabitsPerSecond))
            integer(UInt64(link.lid))
            integer(UInt64(link.smLID))
            integer(UInt64(link.capabilityMask))
            ability(link.ability)
        }
        integer(value.linkAgeNanoseconds)
        byte(value.fec.map { $0.rawValue + 1 } ?? 0)
        failure(value.failure)
        integer(value.epoch)
        readings(value.readings)
        readings(value.gauges)
    }

    private mutating func ability(_ value: LinkAbility?) {
        byte(value == nil ? 0 : 1)
        guard let value else { return }
        for bits in [
            value.supportedWidths, value.enabledWidths, value.supportedSpeeds, value.enabledSpeeds,
        ] { byte(bits) }
    }
}

extension ByteReader {
    mutating func infiniBandReport() throws(FrameError) -> InfiniBandReport {
        let moment = try moment()
        let duration = try integer()
        var transport = MADStatistics()
        for path in MADStatistics.paths { transport[keyPath: path] = try integer() }
        let areDevicesListed = try byte() != 0
        let ports = try list { (reader) throws(FrameError) in try reader.port() }
        let hearings = try list { (reader) throws(FrameError) in
            EventHearing(
                device: try reader.text(), isHeard: try reader.byte() != 0,
                trouble: try reader.optionalText())
        }
        return InfiniBandReport(
            moment: moment, durationNanoseconds: duration, ports: ports, transport: transport,
            hearings: hearings, areDevicesListed: areDevicesListed)
    }

    private mutating func port() throws(FrameError) -> PortReport {
        PortReport(
            device: try text(), key: try key(), portGUID: GUID(try integer()),
            layer: try element(), firmware: try text(), model: try text(),
            identity: try identity(), isListed: try byte() != 0, description: try text(),
            local: try end(), peer: try peer())
    }

    private mutating func identity() throws(FrameError) -> HCAIdentity {
        var identity = HCAIdentity()
        identity.address = try byte() == 0 ? nil : try address()
        identity.role = try element()
        identity.boardID = try optionalText()
        identity.part = try optionalText()
        identity.serial = try optionalText()
        identity.driver = try optionalText()
        return identity
    }

    private mutating func peer() throws(FrameError) -> PeerReport {
        switch try byte() {
        case 0: return .absent
        case 1:
            guard let failure = try failure() else { throw .malformed("failure") }
            return .unobservable(failure)
        case 2:
            let identity = PeerIdentity(
                key: try key(), isSwitch: try byte() != 0,
                systemImageGUID: GUID(try integer()), description: try text(), lid: try small())
            return .observed(identity, try end())
        case let other: throw .malformed("peer \(other)")
        }
    }

    private mutating func key() throws(FrameError) -> PortKey {
        PortKey(node: GUID(try integer()), port: try byte())
    }

    private mutating func failure() throws(FrameError) -> Failure? {
        let number = Int(try byte())
        guard number > 0 else { return nil }
        guard number <= Failure.allCases.count else { throw .malformed("failure") }
        return Failure.allCases[number - 1]
    }

    private mutating func end() throws(FrameError) -> EndReport {
        let link = try byte() == 0 ? nil : try self.link()
        let age = try integer()
        let fec = try byte()
        guard fec == 0 || FECMode(rawValue: fec - 1) != nil else { throw .malformed("FEC") }
        let failure = try failure()
        let epoch = try integer()
        let readings = try readings(InfiniBandCounters.count)
        let gauges = try self.readings(InfiniBandCounters.gauges.count)
        return EndReport(
            link: link, linkAgeNanoseconds: age, fec: fec == 0 ? nil : FECMode(rawValue: fec - 1),
            readings: readings, gauges: gauges, failure: failure, epoch: epoch)
    }

    private mutating func link() throws(FrameError) -> LinkInfo {
        var link = LinkInfo(
            state: try byte(), physicalState: try byte(), widthLanes: try byte(),
            laneMegabitsPerSecond: try small(), lid: try small(), smLID: try small(),
            capabilityMask: try small())
        guard try byte() != 0 else { return link }
        link.ability = LinkAbility(
            supportedWidths: try byte(), enabledWidths: try byte(), supportedSpeeds: try byte(),
            enabledSpeeds: try byte())
        return link
    }
}

extension MADStatistics {
    // In the order of a frame; a computed list because key paths cannot be shared between threads.
    static var paths: [WritableKeyPath<MADStatistics, UInt64>] {
        [\.sent, \.received, \.retries, \.timeouts, \.late, \.refused, \.sendFailures]
    }

    var counts: [UInt64] { Self.paths.map { self[keyPath: $0] } }
}
