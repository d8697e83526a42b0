import Collectors
import Fakes
import Model
import Testing

@Suite struct MADExchangeTests {
    private struct Bench {
        let rig = FakeRig(cables: 2)
        var exchange: MADExchange<FakeFabric>
        let ports: [MADPort]

        init(window: Int = 32, retries: Int = 1, timeoutMilliseconds: UInt64 = 250) throws {
            var configuration = InfiniBandConfiguration()
            configuration.outstandingMADs = window
            configuration.retries = retries
            configuration.timeoutNanoseconds = timeoutMilliseconds * 1_000_000
            ports = try ["mlx5_0", "mlx5_1"].map { [rig] in
                try rig.fabric.open(device: $0, port: 1)
            }
            exchange = MADExchange(transport: rig.fabric, configuration: configuration)
            exchange.beginPass()
        }

        // Questions to the leaf, each about another attribute where the number matters.
        func questions(_ count: Int, port: Int = 0) -> [MADQuestion] {
            (0..<count).map { _ in
                MADQuestion(
                    port: ports[port], route: .acrossCable(localPort: 1), attribute: 0x11,
                    selector: 0)
            }
        }

        mutating func ask(_ count: Int, budgetSeconds: UInt64 = 1_000) {
            exchange.ask(questions(count), until: rig.fabric.clock + budgetSeconds * 1_000_000_000)
        }
    }

    @Test(arguments: [1, 2, 8, 32, 128, 1000])
    func theWindowIsUsedAndNeverExceeded(window: Int) throws {
        var bench = try Bench(window: window)
        bench.ask(300)
        #expect(bench.exchange.outcomes.allSatisfy { $0 == .answered })
        #expect(bench.rig.fabric.mostOutstanding == min(window, 128))
        #expect(bench.exchange.statistics.sent == 300)
        #expect(bench.exchange.statistics.received == 300)
    }

    @Test func everyAnswerIsAtItsQuestion() throws {
        var bench = try Bench()
        let attributes: [UInt16] = [0x10, 0x11, 0x15, 0x10, 0x15]
        let questions = attributes.map {
            MADQuestion(
                port: bench.ports[0], route: .acrossCable(localPort: 1), attribute: $0, selector: 1)
        }
        // The later the question, the sooner the answer.
        bench.rig.fabric.fault = { .delay(UInt64(100 - $0.number) * 1_000) }
        bench.exchange.ask(questions, until: .max)
        for (answer, question) in zip(bench.exchange.answers, questions) {
            #expect(answer.answers(question))
        }
    }

    @Test(arguments: [false, true], [0, 1, 3])
    func aDeadFabricEndsInTheTimeThatTheSettingsSay(givesUp: Bool, retries: Int) throws {
        var bench = try Bench(window: 8, retries: retries, timeoutMilliseconds: 100)
        bench.rig.fabric.givesUp = givesUp
        bench.rig.fabric.fault = { _ in .lose }
        let start = bench.rig.fabric.clock
        bench.ask(20)
        #expect(bench.exchange.outcomes.allSatisfy { $0 == .failed(.timeout) })
        let tries = UInt64(retries) + 1
        #expect(bench.rig.fabric.clock - start == 3 * 100_000_000 * tries)
        #expect(bench.exchange.statistics.sent == 20 * tries)
        #expect(bench.exchange.statistics.retries == 20 * UInt64(retries))
        #expect(bench.exchange.statistics.timeouts == 20)
    }

    @Test func theDeadlineCutsOffWhatIsLeft() throws {
        var bench = try Bench(window: 8)
        bench.rig.fabric.fault = { _ in .lose }
        let start = bench.rig.fabric.clock
        bench.exchange.ask(bench.questions(20), until: start + 300_000_000)
        #expect(bench.rig.fabric.clock == start + 300_000_000)
        let failures = bench.exchange.outcomes.map(\.failure)
        #expect(
            failures == Array(repeating: .timeout, count: 8) + Array(repeating: .skipped, count: 12)
        )
        bench.exchange.ask(bench.questions(3), until: start)
        #expect(bench.exchange.outcomes.allSatisfy { $0 == .failed(.skipped) })
    }

    // A steady flow of answers must not keep an overdue question waiting.
    @Test func deadlinesAreLookedAtOnEveryTurn() throws {
        var bench = try Bench(window: 2, timeoutMilliseconds: 50)
        var sentAt: [UInt64] = []
        let fabric = bench.rig.fabric
        let start = fabric.clock
        fabric.onRequest = { _ in sentAt.append(fabric.clock - start) }
        var lost = 0
        fabric.fault = { request in
            if request.number == 0 {
                lost += 1
                return .lose
            }
            return .delay(9_000_000)
        }
        fabric.givesUp = false
        bench.ask(30)
        #expect(lost == 1)
        #expect(bench.exchange.outcomes.allSatisfy { $0 == .answered })
        // The repeat is the one request at or after the deadline that no answer made room for.
        let repeated = sentAt.first { $0 >= 50_000_000 }
        #expect(try #require(repeated) < 60_000_000)
        #expect(bench.exchange.statistics.retries == 1)
    }

    @Test func aLateAnswerIsDroppedAndCounted() throws {
        var bench = try Bench(retries: 0)
        bench.rig.fabric.givesUp = false
        bench.rig.fabric.fault = { $0.number == 0 ? .delay(300_000_000) : .none }
        bench.ask(1)
        #expect(bench.exchange.outcomes == [.failed(.timeout)])
        #expect(bench.exchange.statistics.late == 0)
        bench.rig.fabric.clock += 100_000_000
        bench.ask(1)
        #expect(bench.exchange.outcomes == [.answered])
        #expect(bench.exchange.statistics.late == 1)
        #expect(bench.exchange.statistics.received == 1)
    }

    @Test func anAnswerToTheFirstTryIsGoodWhileTheSecondIsUnderWay() throws {
        var bench = try Bench()
        bench.rig.fabric.givesUp = false
        bench.rig.fabric.fault = {
            $0.number == 0 ? .delay(260_000_000) : $0.number == 1 ? .delay(100_000_000) : .none
        }
        bench.ask(1)
        #expect(bench.exchange.outcomes == [.answered])
        #expect(bench.exchange.statistics.retries == 1)
        bench.rig.fabric.clock += 1_000_000_000
        bench.ask(1)
        #expect(bench.exchange.statistics.late == 1)
    }

    @Test func theEndOfAnEarlierTryDoesNotEndTheQuestion() throws {
        var bench = try Bench()
        // The kernel's own timer is a little late: the second try is already under way.
        bench.rig.fabric.fault = { $0.number == 0 ? .lose : .delay(200_000_000) }
        bench.ask(1)
        #expect(bench.exchange.outcomes == [.answered])
        #expect(bench.exchange.statistics.sent == 2)
    }

    @Test func duplicatesAreDroppedAndCounted() throws {
        var bench = try Bench()
        bench.rig.fabric.fault = { _ in .duplicate(0) }
        bench.ask(40)
        bench.ask(40)
        #expect(bench.exchange.outcomes.allSatisfy { $0 == .answered })
        #expect(bench.exchange.statistics.received == 80)
        #expect((40...80).contains(bench.exchange.statistics.late))
    }

    @Test(arguments: [(110, Failure.timeout), (5, .transport)] as [(UInt32, Failure)])
    func whatTheTransportGivesUpIsRepeatedAtOnceAndThenFails(
        status: UInt32, failure: Failure
    ) throws {
        var bench = try Bench(retries: 2)
        bench.rig.fabric.fault = { _ in .undelivered(status) }
        let start = bench.rig.fabric.clock
        bench.ask(1)
        #expect(bench.exchange.outcomes == [.failed(failure)])
        #expect(bench.exchange.statistics.sent == 3)
        #expect(bench.rig.fabric.clock - start < 1_000_000)
    }

    @Test func aFailedSendIsNotRepeated() throws {
        var bench = try Bench(retries: 15)
        bench.rig.fabric.fault = { _ in .sendFailure(111) }
        bench.ask(50)
        #expect(bench.exchange.outcomes.allSatisfy { $0 == .failed(.transport) })
        #expect(bench.exchange.statistics.sendFailures == 50)
        #expect(bench.exchange.statistics.sent == 0)
        #expect(bench.rig.fabric.waits == 0)
    }

    @Test(arguments: [5, 19] as [Int32])
    func aLostPortEndsItsQuestionsAndNoOthers(code: Int32) throws {
        var bench = try Bench(window: 4)
        bench.rig.fabric.fault = { $0.device == "mlx5_0" ? .sendFailure(code) : .none }
        let questions = bench.questions(10) + bench.questions(10, port: 1)
        bench.exchange.ask(questions, until: .max)
        let failures = bench.exchange.outcomes.map(\.failure)
        #expect(
            failures == Array(repeating: .transport, count: 10) + Array(repeating: nil, count: 10))
        #expect(bench.exchange.statistics.sendFailures == 1)
        #expect(bench.exchange.lostPorts == [bench.ports[0]])
    }

    @Test func aPortThatIsLostWhileWaiting() throws {
        var bench = try Bench()
        let fabric = bench.rig.fabric
        fabric.fault = { request in
            if request.number == 3 { fabric.unplug("mlx5_0") }
            return request.device == "mlx5_0" ? .lose : .none
        }
        fabric.givesUp = false
        let start = fabric.clock
        bench.exchange.ask(bench.questions(3) + bench.questions(3, port: 1), until: .max)
        let failures = bench.exchange.outcomes.map(\.failure)
        #expect(failures == [.transport, .transport, .transport, nil, nil, nil])
        #expect(fabric.clock - start < 1_000_000)
    }

    @Test(arguments: [0x04, 0x08, 0x0c, 0x1c] as [UInt16])
    func anErrorStatusRefuses(status: UInt16) throws {
        var bench = try Bench()
        bench.rig.fabric.fault = { _ in .status(UInt32(status)) }
        bench.ask(2)
        #expect(bench.exchange.outcomes == [.refused(status: status), .refused(status: status)])
        #expect(bench.exchange.outcomes[0].isUnsupportedAttribute == (status == 0x0c))
        #expect(bench.exchange.statistics.refused == 2)
        #expect(bench.exchange.statistics.sent == 2)
    }

    @Test func anAnswerAboutSomethingElseIsNotUsed() throws {
        var bench = try Bench()
        bench.rig.fabric.fault = { _ in .garbled }
        bench.ask(1)
        #expect(bench.exchange.outcomes == [.failed(.malformed)])
        #expect(bench.exchange.statistics.received == 0)
    }

    @Test func anEmptyBatchAsksNothing() throws {
        var bench = try Bench()
        bench.ask(0)
        #expect(bench.exchange.outcomes.isEmpty)
        #expect(bench.rig.fabric.waits == 0)
    }
}
