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
        let work = Maintenance(
            name: "swap", author: "ann", reason: "", beginsWallMilliseconds: 5,
            endsWallMilliseconds: .max)
        let down = try #require(judge.standing.incidents.first { $0.key.id == .linkDown })
        let id = down.key.id(since: down.value.since)
        let isNoted = judge.change { standing in
            _ = standing.set(work)
            return standing.acknowledge(id, author: "bob", note: "", wallMilliseconds: 7)
        }
        #expect(isNoted != .none)
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

    /// What people write comes back letter by letter, whatever it is.
    @Test(arguments: [
        "two\nlines\r\n", "\"quotes\" and 'quotes'", "tab\tand \\t and \\", "null \0 \\0",
        "é e\u{301} ☃ 👩‍🚒", "\u{301}\u{FEFF}\u{2028}", "\tmaintenance\t",
        String(repeating: "ä", count: 4096),
    ])
    func whatPeopleWriteComesBack(text: String) throws {
        var judge = Judge()
        let subjects = [
            Subject(device: text, port: 1, key: "0xa0/1"),
            Subject(key: "GPU-1", gpuIndex: 0, pciAddress: PCIAddress("0000:18:00.0")),
        ]
        let work = [[], subjects].enumerated().map { number, subjects in
            Maintenance(
                name: "w\(number)", subjects: subjects, author: text, reason: text,
                beginsWallMilliseconds: .min, endsWallMilliseconds: .max)
        }
        _ = judge.judge(Sample.evidence([Sample.cable(local: Sample.end(Sample.link(1, 2)))]))
        let (key, incident) = try #require(judge.standing.incidents.first)
        judge.change { standing in
            for one in work { _ = standing.set(one) }
            _ = standing.acknowledge(
                key.id(since: incident.since), author: text, note: text, wallMilliseconds: 7)
        }
        let back = try #require(SavedHealth.judge(from: SavedHealth.text(judge)))
        #expect(back.standing.maintenance == work)
        let notice = try #require(back.standing.incidents[key]?.acknowledgement)
        #expect(Array(notice.note.utf8) == Array(text.utf8))
        #expect(notice == judge.standing.incidents[key]?.acknowledgement)
    }

    /// Work on some parts must never come back as work on the whole node.
    @Test func workThatIsCutOffIsNotWorkOnAll() throws {
        var judge = Judge()
        let work = Maintenance(
            name: "w", subjects: [Subject(key: "0xa0/1")], author: "ann", reason: "",
            beginsWallMilliseconds: 0, endsWallMilliseconds: 9)
        _ = judge.change { $0.set(work) }
        let text = SavedHealth.text(judge)
        #expect(SavedHealth.judge(from: text)?.standing.maintenance == [work])
        let start = try #require(text.range(of: "maintenance")?.lowerBound)
        for end in text.indices where end > start {
            let found = SavedHealth.judge(from: String(text[..<end]))?.standing.maintenance ?? []
            #expect(found.allSatisfy { !$0.subjects.isEmpty }, "\(text[start..<end])")
        }
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
