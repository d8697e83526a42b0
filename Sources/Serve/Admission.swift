import NIOHTTP1

/// What a door asks of a request before anybody looks at what it wants.
struct Admission {
    /// Which names of this server may be asked for; nil for any.
    var hosts: HostCheck?
    /// Why changes are refused; nil where they are allowed.
    ///
    /// Who may open the Unix socket is decided by its owner, group and mode. TCP on loopback is
    /// open to everybody on the node, and to every web page that somebody looks at there.
    var changes: Problem?

    /// Why a request to an endpoint is refused; nil when it is not.
    func problem(_ head: HTTPRequestHead, to endpoint: Endpoint?) -> Problem? {
        if let problem = hostProblem(head) { return problem }
        guard let changes, let method = Request.Method(rawValue: head.method.rawValue),
            method.isChange, endpoint?.methods.contains(method) == true
        else { return nil }
        return changes
    }

    private func hostProblem(_ head: HTTPRequestHead) -> Problem? {
        guard let hosts else { return nil }
        let named = head.headers["host"]
        if named.isEmpty, head.version == .http1_0 { return nil }
        guard let host = named.first, named.count == 1 else {
            return Problem(.malformed, "HTTP/1.1 asks for exactly one Host field")
        }
        guard !hosts.allows(host) else { return nil }
        return Problem(
            .wrongHost,
            "\"\(host)\" is not a name of this server; use an IP address or localhost, or add the "
                + "name to the configuration")
    }
}
