import Exposition
import History
import Model
import Serve

extension Duration {
    /// The duration in nanoseconds; settings are never negative and end long before the range.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        return UInt64(max(0, seconds)) * 1_000_000_000 + UInt64(max(0, attoseconds)) / 1_000_000_000
    }
}

extension Settings.History {
    /// How much the store keeps.
    var limits: Store.Limits {
        var limits = Store.Limits(
            maximumAgeMilliseconds: Int64(maxAge.wholeMilliseconds), maximumBytes: Int64(maxSize))
        limits.ballastBytes = Int64(ballast)
        limits.slotMilliseconds = Int64(slot.wholeMilliseconds)
        limits.slotPasses = slotPasses
        limits.thinAfterMilliseconds = thinAfter.map { Int64($0.wholeMilliseconds) }
        return limits
    }
}

extension Settings.InfiniBand {
    /// What each probe is told; none where InfiniBand is not read.
    func configurations(sysRoot: String) -> [InfiniBandConfiguration] {
        isEnabled ? probeInstances.map { configuration(of: $0, sysRoot: sysRoot) } : []
    }

    private func configuration(
        of probe: Settings.ProbeInstance, sysRoot: String
    ) -> InfiniBandConfiguration {
        InfiniBandConfiguration(
            sysRoot: sysRoot, within: include, include: probe.include,
            exclude: exclude + probe.exclude,
            serviceLevel: UInt8(serviceLevel), outstandingMADs: outstandingMADs,
            timeoutNanoseconds: madTimeout.nanoseconds, retries: madRetries,
            identityIntervalNanoseconds: identityInterval.nanoseconds)
    }

    /// The names and rails of devices.
    var naming: Pipeline.Naming {
        var naming = Pipeline.Naming()
        for device in devices {
            naming.names[GUID(device.guid)] = device.name
            naming.rails[GUID(device.guid)] = device.rail
        }
        return naming
    }
}

extension Settings.Serve {
    /// What the server is told.
    var configuration: ServeConfiguration {
        var told = ServeConfiguration()
        told.socketPath = socket
        told.socketMode = UInt32(socketMode)
        told.tcpPort = tcp?.port
        if let tcp {
            told.tcpHost = tcp.host
            // Beyond loopback whoever reaches the port may read it, and scrapers go by name.
            if !tcp.isLoopback { told.hostNames = nil }
        }
        told.maxConnections = maxConnections
        told.reservedUnixConnections = min(told.reservedUnixConnections, maxConnections / 2)
        told.maxHeadBytes = maxHeadSize
        told.headTimeout = Int64(headTimeout.nanoseconds)
        told.idleTimeout = Int64(idleTimeout.nanoseconds)
        told.requestTimeout = Int64(requestTimeout.nanoseconds)
        return told
    }
}

extension ServerSample {
    /// The server's own figures.
    init(_ statistics: ServerStatistics) {
        self.init(
            requests: [
                ("2xx", statistics.answersSuccess), ("4xx", statistics.answersClientError),
                ("5xx", statistics.answersServerError),
            ], connections: UInt64(statistics.connectionsOpen),
            refused: statistics.connectionsRefused)
    }
}
