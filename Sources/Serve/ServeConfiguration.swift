/// Where the server listens and what one client may cost.
///
/// Time limits are nanoseconds, sizes bytes.
package struct ServeConfiguration: Hashable, Sendable {
    /// The path of the Unix socket; nil for none.
    package var socketPath: String?
    /// The permission bits of the socket file, which decide who may connect (unix(7)).
    package var socketMode: UInt32 = 0o660
    /// The TCP port, 0 for any free one; nil for no TCP.
    package var tcpPort: Int?
    /// The address that the TCP listener binds: an IP address or `localhost`.
    package var tcpHost = "127.0.0.1"
    /// Names besides `localhost` and IP addresses that `Host` may have over TCP; nil for any.
    ///
    /// Any other name is refused, so that no web page can reach the daemon by pointing its own name
    /// at this node (DNS rebinding).
    package var hostNames: [String]? = []
    /// Connections open at once, both listeners together; further ones get a 503 and are closed.
    package var maxConnections = 64
    /// Those of `maxConnections` that TCP cannot take, so that an operator on the node gets in.
    package var reservedUnixConnections = 8
    /// The request line and all header fields of one request.
    package var maxHeadBytes = 16 * 1024
    /// From the first byte of a request to the end of its head.
    package var headTimeout: Int64 = 5_000_000_000
    /// Between the answer to a request and the next request; longer than a usual scrape interval.
    package var idleTimeout: Int64 = 90_000_000_000
    /// For a worker to find an answer, and again for the client to read it whole.
    package var requestTimeout: Int64 = 10_000_000_000
    /// What `stop` waits for requests that are being answered.
    package var stopTimeout: Int64 = 1_000_000_000
    /// Questions that may wait for a worker, besides the one that it works on.
    package var maxWaiting = 16

    /// A configuration with no listener and the default limits.
    package init() {}
}
