import ArgumentParser
import Glibc
import Wire

/// `fabricwatch deltas`.
struct DeltasCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "deltas",
            abstract: "What was counted between a point in the past and now.",
            discussion: """
                A delta with ≥ is a lower bound and one with ? is not known; the reason stands \
                beside it. Each answer names the cursor of the following window: asking again \
                with it leaves no gap and counts nothing twice. --watch does so until Ctrl-C, \
                which ends it with status 0; with --json it prints one document per line, and \
                none for a window without a pass.
                """)
    }

    @Option(
        help: ArgumentHelp(
            "Where to start: an age such as 90s, 5m, 2h or 1d, a time such as "
                + "2026-02-03T04:05:06Z, or a cursor.", valueName: "when"))
    var since = "5m"

    @Option(
        defaultAsFlag: 10.0,
        help: ArgumentHelp("Go on with the following windows.", valueName: "seconds"))
    var watch: Double?

    @Flag(help: "Also counters that did not move.")
    var all = false

    @Option(help: ArgumentHelp("Only the cables of this device.", valueName: "name"))
    var device: String?

    @OptionGroup var connection: Connection

    func validate() throws {
        try connection.refuse(device: device)
        guard watch.map((0.01...86_400).contains) != false else {
            throw ValidationError("--watch takes 0.01 to 86400 seconds.")
        }
    }

    func run() throws {
        try connection.use { client in
            let first = try ask(client, since: since)
            if let device { try first.document.require(device: device) }
            try show(first)
            if let watch { try follow(client, from: first.document.next, every: watch) }
        }
    }

    private typealias Answer = (document: V1.Deltas, bytes: [UInt8])

    private func ask(_ client: borrowing Client, since: String) throws(ClientError) -> Answer {
        try client.document(V1.Deltas.self, at: "/api/v1/deltas?since=\(Self.escaped(since))")
    }

    // The cursor moves only when its window is on the page, so that a restart of the daemon
    // neither loses nor repeats one.
    private func follow(
        _ client: borrowing Client, from first: String, every seconds: Double
    ) throws {
        Interrupt.endsCleanly()
        var cursor = first
        var isComplaining = false
        while true {
            Self.pause(seconds)
            do throws(ClientError) {
                let answer = try ask(client, since: cursor)
                isComplaining = false
                guard answer.document.passes > 0 else { continue }
                try Interrupt.deferred { () throws(ClientError) in
                    try show(answer, isFollowing: true)
                }
                cursor = answer.document.next
            } catch {
                guard error.isTransient else { throw error }
                if !isComplaining { Console.complain("\(error) Trying again.") }
                isComplaining = true
            }
        }
    }

    private func show(_ answer: Answer, isFollowing: Bool = false) throws(ClientError) {
        guard !connection.json else {
            return try Console.write(document: answer.bytes, onOneLine: watch != nil)
        }
        var page = connection.page
        if isFollowing { page.line() }
        page.show(answer.document, device: device, all: all)
        try Console.write(Array(page.text.utf8))
    }

    private static func pause(_ seconds: Double) {
        let whole = seconds.rounded(.down)
        var length = timespec(tv_sec: Int(whole), tv_nsec: Int((seconds - whole) * 1e9))
        unsafe nanosleep(&length, nil)
    }

    // RFC 3986, 2.3: everything but unreserved characters.
    private static func escaped(_ text: String) -> String {
        text.utf8.reduce(into: "") { escaped, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                escaped += byte < 16 ? "%0" : "%"
                escaped += String(byte, radix: 16, uppercase: true)
            }
        }
    }
}
