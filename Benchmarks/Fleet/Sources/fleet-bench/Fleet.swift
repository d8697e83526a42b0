/// Runs nodes one by one, on several threads.
struct Fleet: Sendable {
    let options: Options

    /// What came of a run.
    struct Result: Sendable {
        var scores = [Score](repeating: Score(), count: RuleSet.allCases.count)
        var faults = 0
        var passesJudged = 0
        /// Our own, one sentence each.
        var falseCriticals: [String] = []

        mutating func add(_ other: Result) {
            for index in scores.indices { scores[index].add(other.scores[index]) }
            faults += other.faults
            passesJudged += other.passesJudged
            falseCriticals += other.falseCriticals
        }
    }

    /// All nodes; the order of the threads does not matter to the sums.
    func run() async -> Result {
        let plan = FaultPlan(options)
        return await withTaskGroup(of: (Int, Result).self) { group in
            for thread in 0..<options.threads {
                group.addTask { @concurrent in (thread, self.part(thread, plan)) }
            }
            var parts: [(Int, Result)] = []
            for await part in group { parts.append(part) }
            var sum = Result()
            for (_, part) in parts.sorted(by: { $0.0 < $1.0 }) { sum.add(part) }
            return sum
        }
    }

    private func part(_ thread: Int, _ plan: FaultPlan) -> Result {
        var sum = Result()
        for node in stride(from: thread, to: options.nodes, by: options.threads) {
            sum.add(self.node(node, plan))
        }
        return sum
    }

    private func node(_ node: Int, _ plan: FaultPlan) -> Result {
        let story = NodeStory(node, options, plan)
        var result = Result()
        result.faults = story.faults.count
        for part in 0..<8 {
            let truth = Truth(
                fault: story.faults.first { $0.kind.isLink && $0.part == part },
                repairs: story.repairs,
                outages: Leaf.downs(Leaf.number(node: node, rail: part), options).map {
                    $0.firstPass..<($0.upPass + Fault.settlePasses)
                }, passes: options.passes)
            let alarms = link(story, part, hasFault: true, &result.passesJudged)
            var without: [[Alarm]]?
            if truth.fault != nil {
                without = link(story, part, hasFault: false, &result.passesJudged)
            }
            judge(truth, alarms, without, "node \(node) link \(part)", &result)
        }
        for part in 0..<8 {
            let truth = Truth(
                fault: story.faults.first { !$0.kind.isLink && $0.part == part },
                repairs: story.repairs, outages: [], passes: options.passes)
            let alarms = gpu(story, part, hasFault: true, &result.passesJudged)
            var without: [[Alarm]]?
            if truth.fault != nil {
                without = gpu(story, part, hasFault: false, &result.passesJudged)
            }
            judge(truth, alarms, without, "node \(node) GPU \(part)", &result)
        }
        return result
    }

    private func judge(
        _ truth: Truth, _ alarms: [[Alarm]], _ without: [[Alarm]]?, _ place: String,
        _ result: inout Result
    ) {
        let ours = alarms[RuleSet.ours.rawValue]
        result.falseCriticals += ours.filter { $0.isCritical && truth.isFalse($0) }.map {
            "\(place), pass \($0.pass): \($0.rule)"
        }
        if let kept = truth.kept(ours), let fault = truth.fault {
            result.falseCriticals.append(
                "\(place), repaired at pass \(fault.back): \(kept.rule) is kept")
        }
        for set in alarms.indices {
            truth.judge(alarms[set], without: without?[set] ?? [], into: &result.scores[set])
        }
    }

    // The alarms of every rule set.
    private func link(
        _ node: NodeStory, _ rail: Int, hasFault: Bool, _ passes: inout Int
    ) -> [[Alarm]] {
        let story = LinkStory(node, rail: rail, options, hasFault: hasFault)
        var run = OurRun(keepsTransitions: false)
        run.run(.link(LinkProbe(story)), node, until: options.passes)
        passes += run.passes
        let view = LinkView(story, passes: options.passes)
        return RuleSet.allCases.map { set in
            switch set {
            case .ours: run.alarms
            case .gpud: Gpud.alarms(view)
            case .nvsentinel: NVSentinel.alarms(view)
            case .ibqueryerrors: IBQueryErrors.alarms(view, isSample: false)
            case .ibqueryerrorsSample: IBQueryErrors.alarms(view, isSample: true)
            case .prometheus: PrometheusAlerts.alarms(view)
            }
        }
    }

    private func gpu(
        _ node: NodeStory, _ index: Int, hasFault: Bool, _ passes: inout Int
    ) -> [[Alarm]] {
        let story = GPUStory(node, index: index, options, hasFault: hasFault)
        var run = OurRun(keepsTransitions: false)
        run.run(.gpu(GPUProbe(story)), node, until: options.passes)
        passes += run.passes
        return RuleSet.allCases.map { set in
            switch set {
            case .ours: run.alarms
            case .gpud: Gpud.alarms(story)
            case .nvsentinel: NVSentinel.alarms(story)
            default: []
            }
        }
    }
}
