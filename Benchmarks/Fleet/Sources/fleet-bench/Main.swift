import Glibc
import Health

@main
enum Main {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard let options = Options(arguments) else {
            print(Options.usage)
            exit(arguments == ["--help"] ? 0 : 64)
        }
        if options.showsRates { return print(Report.rates()) }
        if let node = options.trace { return trace(node, options) }
        let clock = ContinuousClock()
        let began = clock.now
        let result = await Fleet(options: options).run()
        let seconds = Double((clock.now - began).components.seconds)
        let cables = options.nodes * 8 * options.passes
        print(
            """
            \(options.nodes) nodes x 8 links and 8 GPUs, \(options.days) days, a pass a minute, \
            seed \(options.seed)
            \(result.faults) faults put in; \(result.passesJudged) passes of parts judged for \
            \(cables) passes of cables, in \(Int(seconds)) s on \(options.threads) threads

            \(Report.summary(result, options))

            Missed faults, and the median delay of those that were found:

            \(Report.kinds(result))

            Accusations of the faults that were found:

            \(Report.accusations(result))

            Wrongly accused by FabricWatch, by which condition:

            \(Report.wrong(result))

            Links that a rebooted switch took down: \(result.scores[0].outages), \
            of which \(result.scores[0].outagesTold) were told of by FabricWatch.

            False alarms by rule:

            \(Report.falseAlarms(result))

            False criticals of FabricWatch:

            \(result.falseCriticals.sorted().map { "* \($0)" }.joined(separator: "\n"))
            """)
        guard options.checkNodes > 0 else { return }
        let check = Check.run(options)
        print("\n" + Report.check(check))
        if !check.differences.isEmpty { exit(1) }
    }

    private static func trace(_ node: Int, _ options: Options) {
        let story = NodeStory(node, options, FaultPlan(options))
        for fault in story.faults {
            print("\(fault.kind) part \(fault.part) \(fault.begin)..<\(fault.repair)")
        }
        for rail in 0..<8 {
            let link = LinkStory(story, rail: rail, options)
            var run = OurRun(keepsTransitions: true)
            run.run(.link(LinkProbe(link)), story, until: options.passes)
            for told in run.transitions {
                print("link \(rail) \(told.pass) \(told.text)")
                guard told.text.hasSuffix("CRITICAL") else { continue }
                for change in link.changes where abs(change.pass - told.pass) < 150 {
                    print("    \(change.pass) \(change.what)")
                }
            }
        }
        for index in 0..<8 {
            let gpu = GPUStory(story, index: index, options)
            var run = OurRun(keepsTransitions: true)
            run.run(.gpu(GPUProbe(gpu)), story, until: options.passes)
            for told in run.transitions { print("GPU \(index) \(told.pass) \(told.text)") }
        }
    }
}
