import Foundation
import Model
import NodeTrace

@main
enum Main {
    static func main() {
        do {
            let options = try Options(Array(CommandLine.arguments.dropFirst()))
            switch options.command {
            case "write": try Writing.run(options)
            case "read": try Reading.run(options)
            case "verify": try Verifying.run(options)
            case "days": try Days.run(options)
            case "export": try Exporting.run(options)
            case "trace": count(options)
            default: throw Options.Failure(description: Options.usage)
            }
        } catch {
            FileHandle.standardError.write(Data("history-bench: \(error)\n".utf8))
            exit(1)
        }
    }

    // What the trace is, and what it costs to make it.
    private static func count(_ options: Options) {
        var trace = options.trace
        var (samples, changed, events) = (0, 0, 0)
        let start = Kernel.threadTime
        while true {
            trace.next()
            guard trace.second < options.seconds else { break }
            samples += trace.sampleCount
            changed += trace.changedCount
            events += trace.record.events.count
        }
        report("series", Double(trace.sampled.count))
        report("parts", Double(trace.record.series.count))
        report("passes", Double(trace.count - 1))
        report("samples", Double(samples))
        report("changed samples", 100 * Double(changed) / Double(samples), "%")
        report("counter events", Double(events))
        report("CPU", Double(Kernel.threadTime - start) / 1e9, "s")
    }
}
