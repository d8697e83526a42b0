import ArgumentParser

/// The options that every subcommand has.
struct Connection: ParsableArguments {
    static let defaultSocket = "/run/fabricwatch/fabricwatch.sock"

    @Option(
        help: ArgumentHelp(
            "The daemon's Unix socket. (default: $FABRICWATCH_SOCKET, else \(defaultSocket))",
            valueName: "path"))
    var socket: String?

    @Option(help: "Ask over TCP instead, such as http://127.0.0.1:9797.")
    var url: String?

    @Flag(help: "Print the daemon's document unchanged.")
    var json = false

    @Option(help: ArgumentHelp("How long to wait for an answer.", valueName: "seconds"))
    var timeout = 10.0

    @Flag(help: "No colours; nor are there with NO_COLOR set, or where output is no terminal.")
    var noColor = false

    func validate() throws {
        guard socket == nil || url == nil else {
            throw ValidationError("--socket and --url exclude each other.")
        }
        guard (0.001...3600).contains(timeout) else {
            throw ValidationError("--timeout takes 0.001 to 3600 seconds.")
        }
        let schemes = ["http://", "https://"]
        guard url.map({ url in schemes.contains { url.hasPrefix($0) } }) != false else {
            throw ValidationError("--url starts with http:// or https://.")
        }
    }

    var endpoint: Endpoint {
        if let url { return .url(String(url.trimmingSuffix("/"))) }
        if let socket { return .socket(path: socket) }
        return .socket(path: Console.variable("FABRICWATCH_SOCKET") ?? Self.defaultSocket)
    }

    /// An empty page for standard output, coloured where that is wanted.
    var page: Page { Page(isColoured: !noColor && Console.takesColour) }

    /// Works with a client; what goes wrong is said in one sentence, unless it is to be silent, and
    /// becomes the exit status.
    func use(
        isSilent: Bool = false, _ work: (borrowing Client) throws -> Void
    ) throws {
        do {
            try work(try Client(endpoint, timeoutSeconds: timeout))
        } catch let error as ClientError {
            if !isSilent { Console.complain(error.description) }
            throw ExitCode(error.exitStatus)
        }
    }

    /// Refuses a choice of device together with `--json`, which leaves nothing out.
    func refuse(device: String?) throws {
        guard device == nil || !json else {
            throw ValidationError(
                "--json prints the daemon's document unchanged: select the device from it.")
        }
    }
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: Character) -> Substring {
        var rest = self[...]
        while rest.last == suffix { rest.removeLast() }
        return rest
    }
}
