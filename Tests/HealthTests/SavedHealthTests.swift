import Model
import Testing

@testable import Health

/// A restart of the daemon and a reboot end no condition.
@Suite struct SavedHealthTests {
    @Test func everythingComesBack() throws {
        var scenario = Scenario(
            "10m peer symbol_error +400\n20m link polling\n22m link up\n25m peer clear")
        scenario.run(until: "30m")
        var judge = scenario.judge
        judge.standing.maintenance = [
            Maintenance(
                key: "a\tb", author: "ann\\n", reason: "two\nlines", endsWallMilliseconds: .max)
        ]
        let key = try #require(judge.standing.incidents.keys.first { $0.id == .linkDown })
        let isNoted = judge.standing.acknowledge(
            key, Acknowledgement(author: "bob", comment: "", wallMilliseconds: 7))
        #expect(isNoted)
        let text = SavedHealth.text(judge)
        let back = try #require(SavedHealth.judge(from: text))
        #expect(SavedHealth.text(back) == text)
        #expect(back.standing.incidents.keys == judge.standing.incidents.keys)
        for (key, incident) in judge.standing.incidents {
            var expected = incident
            expected.cleanSince = nil
            #expect(back.standing.incidents[key] == expected)
        }
        #expect(back.standing.maintenance == judge.standing.maintenance)
        #expect(back.recent.ports == judge.recent.ports && back.recent.clock == judge.recent.clock)
        #expect(back.offenders == judge.offenders && text.utf8.count < 8192)
    }

    @Test(arguments: ["", "health\t9", "health", "hello\nworld"])
    func whatIsNotOursIsRefused(_ text: String) {
        #expect(SavedHealth.judge(from: text) == nil)
    }

    /// What a later version adds, and what is damaged, is left out.
    @Test(arguments: Seeded.seeds)
    func damagedLinesAreLeftOut(seed: UInt64) {
        var scenario = Scenario("10m peer symbol_error +400\n20m link polling")
        scenario.run(until: "30m")
        var random = Seeded(seed)
        let text = Array(SavedHealth.text(scenario.judge).utf8)
        for _ in 0..<200 {
            var bytes = text
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let index = Int.random(in: 9..<bytes.count, using: &random)
                bytes[index] = UInt8.random(in: 0...255, using: &random)
            }
            let judge = SavedHealth.judge(from: String(decoding: bytes, as: UTF8.self))
            #expect(judge?.standing.incidents.count ?? 0 <= 9, "seed \(seed)")
        }
    }

    /// What was counted while the daemon was away is counted.
    @Test func errorsWhileTheDaemonWasAwayAreCounted() {
        let changes = Scenario.changes(
            "10m miss 30m\n20m peer symbol_error +400\n39m restart", until: "1h",
            of: .symbolErrorsHigh)
        #expect(changes == ["40m raised ib_symbol_ber_high CRITICAL"])
    }

    @Test func restartsAndRebootsEndNothing() {
        for trouble in ["restart", "reboot", "reload"] {
            var scenario = Scenario(
                "10m peer symbol_error +400\n20m \(trouble)\n30m \(trouble)", interval: 60)
            scenario.run(until: "90m")
            let ids = scenario.findings.map(\.opinion.id)
            #expect(ids.contains(.symbolErrorsHigh), "\(trouble)")
        }
    }
}
