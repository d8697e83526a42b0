/// What a run is asked for.
struct Options: Sendable {
    var nodes = 1000
    var days = 30
    var seed: UInt64 = 20_260_201
    var checkNodes = 3
    var checkDays = 8
    var threads = 2
    var showsRates = false
    var trace: Int?

    var passes: Int { days * 1440 }

    static let usage = """
        usage: fleet-bench [--nodes N] [--days D] [--seed S] [--threads T]
                           [--check-nodes N] [--check-days D] [--rates] [--trace NODE]
          --check-nodes  nodes that are judged again as a whole with every pass (3); 0 for none
          --rates        only print the rates and their sources
          --trace        only print what our rules say of one node
        """

    init?(_ arguments: [String]) {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if word == "--rates" {
                showsRates = true
                continue
            }
            guard let value = rest.popFirst().flatMap({ UInt64($0) }), value < 1 << 40 else {
                return nil
            }
            switch word {
            case "--nodes": nodes = Int(value)
            case "--days": days = Int(value)
            case "--seed": seed = value
            case "--threads": threads = Int(value)
            case "--check-nodes": checkNodes = Int(value)
            case "--check-days": checkDays = Int(value)
            case "--trace": trace = Int(value)
            default: return nil
            }
        }
        guard nodes > 0, days > 1, threads > 0, checkDays > 0 else { return nil }
    }
}
