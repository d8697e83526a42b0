import NodeTrace

/// What a command line says.
struct Options {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    static let usage = """
        usage: history-bench COMMAND DIRECTORY [OPTIONS]
          write     appends the trace to a history in DIRECTORY, which must have none
          read      asks a history that `write` has left
          verify    compares a history that `write` has left with the trace
          days      as write, for 33 days of which 30 are kept; the file's size every day
          export    writes the trace to DIRECTORY as OpenMetrics and as JSON lines
          trace     counts the trace's samples; takes no DIRECTORY
        options:
          --interval S   seconds between passes (10)
          --hours H      the length of the trace (24; days: 792)
          --seed N       of the trace (\(Trace.seed))
          --keep DAYS    what the history keeps (30)
          --bytes N      what the history may take (8589934592)
          --repeat N     how often a question is asked (read: 51)
          --every N      verify: all columns of every Nth pass (1)
          --window H     export: hours in one pair of files (2)
          --each CMD     export: run by sh whenever a pair of files is complete
          --aligned      export: timestamps without the milliseconds of jitter
        """

    var command = ""
    var directory = ""
    var interval = 10
    var hours: Double?
    var seed = Trace.seed
    var keepDays = 30
    var bytes: Int64 = 8 << 30
    var repetitions = 51
    var every = 1
    var windowHours = 2
    var each: String?
    var isAligned = false

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        guard let command = rest.popFirst() else { throw Failure(description: Self.usage) }
        self.command = command
        if command != "trace" {
            guard let directory = rest.popFirst(), !directory.hasPrefix("-") else {
                throw Failure(description: Self.usage)
            }
            self.directory = directory
        }
        while let name = rest.popFirst() {
            if name == "--aligned" {
                isAligned = true
                continue
            }
            guard let text = rest.popFirst(), try take(name, text) else {
                throw Failure(description: "\(name)?\n\(Self.usage)")
            }
        }
    }

    private mutating func take(_ name: String, _ text: String) throws -> Bool {
        if name == "--each" {
            each = text
            return true
        }
        guard let number = Double(text), number > 0 else { return false }
        switch name {
        case "--interval": interval = Int(number)
        case "--hours": hours = number
        case "--seed": seed = UInt64(number)
        case "--keep": keepDays = Int(number)
        case "--bytes": bytes = Int64(number)
        case "--repeat": repetitions = Int(number)
        case "--every": every = max(1, Int(number))
        case "--window": windowHours = max(1, Int(number))
        default: return false
        }
        return true
    }

    /// The trace that the command is about.
    var trace: Trace { Trace(interval: interval, seed: seed) }

    /// The seconds of the trace.
    var seconds: Int { Int((hours ?? 24) * 3600) }
}
