import Exposition
import Model
import Serve

extension Duration {
    /// The duration in nanoseconds; settings are never negative and end long before the range.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        return UInt64(max(0, seconds)) * 1_000_000_000 + UInt64(max(0, attoseconds)) / 1_000_000_000
    }
}

extension Settings.InfiniBand {
    /// What a probe is told.
    func configuration(of probe: Settings.ProbeInstance) -> InfiniBandConfiguration {
        InfiniBandConfiguration(
            within: include, include: probe.include, exclude: exclude + probe.exclude,
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
        ServeConfiguration(
            socketPath: socket, socketMode: UInt32(socketMode), tcpHost: tcp?.host,
            tcpPort: tcp?.port, maxConnections: maxConnections, maxHeadBytes: maxHeadSize,
            headTimeoutNanoseconds: Int64(headTimeout.nanoseconds),
            idleTimeoutNanoseconds: Int64(idleTimeout.nanoseconds),
            requestTimeoutNanoseconds: Int64(requestTimeout.nanoseconds))
    }
}
