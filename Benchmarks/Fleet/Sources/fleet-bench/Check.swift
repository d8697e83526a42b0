import Health

/// Judges nodes as a whole with every pass, as the daemon does, and compares what changed.
enum Check {
    struct Result {
        var nodes = 0
        var passes = 0
        var transitions = 0
        var differences: [String] = []
    }

    static func run(_ options: Options) -> Result {
        let plan = FaultPlan(options)
        let end = min(options.days, options.checkDays) * 1440
        // Those with the most to tell within the time.
        let nodes = (0..<options.nodes).sorted { left, right in
            let counts = [left, right].map { node in
                (plan.byNode[node] ?? []).count { $0.back < end }
            }
            return (-counts[0], left) < (-counts[1], right)
        }.prefix(options.checkNodes)
        var result = Result()
        for node in nodes { check(node, options, plan, until: end, &result) }
        return result
    }

    private static func check(
        _ node: Int, _ options: Options, _ plan: FaultPlan, until end: Int, _ result: inout Result
    ) {
        let story = NodeStory(node, options, plan)
        let units =
            (0..<8).map { Unit.link(LinkProbe(LinkStory(story, rail: $0, options))) }
            + (0..<8).map { Unit.gpu(GPUProbe(GPUStory(story, index: $0, options))) }
        var skipped: Set<OurRun.Told> = []
        for unit in units {
            var run = OurRun(keepsTransitions: true)
            run.run(unit, story, until: end)
            skipped.formUnion(run.transitions)
        }
        var whole = Bench(units)
        var full: Set<OurRun.Told> = []
        let looks = Dictionary(grouping: units.flatMap(\.looks), by: \.pass)
        for pass in 0..<end where !story.isUnread(pass) {
            for early in Set(looks[pass, default: []].map(\.early)).sorted(by: >) {
                let (_, told) = whole.pass(pass, early: early)
                full.formUnion(told.map { OurRun.Told($0, pass) })
                result.passes += 1
            }
            for index in whole.units.indices { _ = whole.units[index].advance(to: pass) }
            let (_, told) = whole.pass(pass)
            full.formUnion(told.map { OurRun.Told($0, pass) })
            result.passes += 1
        }
        result.nodes += 1
        result.transitions += full.count
        result.differences += full.symmetricDifference(skipped).map {
            "node \(node) pass \($0.pass): \($0.text), "
                + (full.contains($0) ? "only with every pass" : "only with passes skipped")
        }.sorted()
    }
}
