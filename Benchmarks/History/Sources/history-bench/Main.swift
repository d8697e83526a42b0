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
        var (samples, changed, events, saturated) = (0, 0, 0, 0)
        let start = Kernel.threadTime
        trace.next()
        let first = trace.record
        var isStill = Array(repeating: true, count: trace.sampled.count)
        let sampled = trace.sampled
        var generating = Kernel.threadTime - start
        while trace.second < options.seconds {
            samples += trace.sampleCount
            changed += trace.changedCount
            events += trace.record.events.count
            for (index, place) in sampled.enumerated() {
                let cell = trace.record.series[place.series].cells[place.column]
                if cell.isSaturated { saturated += 1 }
                if isStill[index],
                    cell.latest != first.series[place.series].cells[place.column].latest
                {
                    isStill[index] = false
                }
            }
            let before = Kernel.threadTime
            trace.next()
            generating += Kernel.threadTime - before
        }
        let passes = trace.count - 1
        report("parts", Double(first.series.count))
        report("series", Double(sampled.count))
        report("series that never change", Double(isStill.count { $0 }))
        report("passes", Double(passes))
        report("samples", Double(samples))
        report("gaps of series", Double(sampled.count * passes - samples))
        report("changed samples", 100 * Double(changed) / Double(samples), "%")
        report("samples of full registers", Double(saturated))
        report("counter events", Double(events))
        report("CPU of making it", Double(generating) / 1e9, "s")
    }
}
