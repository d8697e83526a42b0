package import Model

/// How a question ended.
package enum MADOutcome: Hashable, Sendable {
    /// It is not settled yet.
    case pending
    /// The answer is in the packet of the same number.
    case answered
    /// The other side answered with an error status (IBTA volume 1, 13.4.7).
    case refused(status: UInt16)
    /// There is no usable answer.
    case failed(Failure)

    /// The cause in the vocabulary of reports; nil for an answer.
    package var failure: Failure? {
        switch self {
        case .answered: nil
        case .pending: .skipped
        case .refused: .refused
        case .failed(let failure): failure
        }
    }

    /// Whether the other side does not know the attribute, or not with this method.
    package var isUnsupportedAttribute: Bool {
        guard case .refused(let status) = self else { return false }
        return status & 0x1c == 0x0c
    }
}

/// Asks batches of questions over a transport: at most a window of them unanswered, each with a
/// deadline and bounded repeats.
///
/// One thread uses it. The wait for a batch is bounded whatever the fabric does: every turn first
/// settles what is overdue, and an answer that comes too late, or twice, is dropped and counted.
package struct MADExchange<Transport: MADTransport> {
    /// Questions in one batch at most.
    package static var maximumBatch: Int { 1 << 12 }

    /// What carries the datagrams.
    package var transport: Transport
    /// Counts since the exchange was made.
    package private(set) var statistics = MADStatistics()
    /// How each question of the latest batch ended, in the order of the questions.
    package private(set) var outcomes: [MADOutcome] = []
    /// The answers of the latest batch, valid where the outcome is `answered`.
    package private(set) var answers: [MADPacket] = []
    /// When the first datagram since `beginPass` was sent; nil when none was.
    package private(set) var firstSentNanoseconds: UInt64?
    /// When the latest answer since `beginPass` arrived; nil when none did.
    package private(set) var lastReceivedNanoseconds: UInt64?
    /// Ports that were lost since `beginPass`.
    package private(set) var lostPorts: [MADPort] = []

    private let window: Int
    private let tries: Int
    private let timeoutNanoseconds: UInt64

    // The batch under way: per question the number of tries and the deadline of the latest one.
    private var questions: [MADQuestion] = []
    private var attempts: [Int] = []
    private var deadlines: [UInt64] = []
    private var open: [Int] = []
    private var nextUnsent = 0
    private var unsettled = 0
    private var batch: UInt32
    private var outgoing = MADPacket()
    private var incoming = MADPacket()

    /// An exchange over a transport, with window, timeout and repeats of the configuration.
    package init(transport: Transport, configuration: InfiniBandConfiguration) {
        self.transport = transport
        window = configuration.window
        tries = configuration.tries
        timeoutNanoseconds = configuration.timeoutNanoseconds
        // Not the same after every start, so that answers to an earlier process are not taken.
        batch = UInt32(truncatingIfNeeded: transport.boottimeNanoseconds() >> 10)
    }

    /// Starts the clock of a pass.
    package mutating func beginPass() {
        firstSentNanoseconds = nil
        lastReceivedNanoseconds = nil
        lostPorts.removeAll(keepingCapacity: true)
    }

    /// Asks the questions and returns when every one is settled, at the latest at `deadline`.
    ///
    /// What the deadline cuts off has failed as timed out when it was sent, else as skipped.
    package mutating func ask(_ questions: [MADQuestion], until deadline: UInt64) {
        begin(questions)
        while unsettled > 0 {
            let now = transport.boottimeNanoseconds()
            guard now < deadline else { return giveUp() }
            expire(now)
            fill(now)
            guard !open.isEmpty else { continue }
            let end = min(earliestDeadline, deadline)
            take(transport.receive(into: &incoming, waitNanoseconds: end - min(end, now)))
        }
    }

    private mutating func begin(_ questions: [MADQuestion]) {
        precondition(
            questions.count <= Self.maximumBatch, "a batch fits into the transaction number")
        self.questions = questions
        batch &+= 1
        open.removeAll(keepingCapacity: true)
        nextUnsent = 0
        unsettled = questions.count
        outcomes.removeAll(keepingCapacity: true)
        outcomes.append(contentsOf: repeatElement(.pending, count: questions.count))
        attempts.removeAll(keepingCapacity: true)
        attempts.append(contentsOf: repeatElement(0, count: questions.count))
        deadlines.removeAll(keepingCapacity: true)
        deadlines.append(contentsOf: repeatElement(0, count: questions.count))
        if answers.count < questions.count {
            let missing = questions.count - answers.count
            answers.append(contentsOf: repeatElement(MADPacket(), count: missing))
        }
    }

    // MARK: Sending

    private mutating func fill(_ now: UInt64) {
        while open.count < window, nextUnsent < questions.count {
            let question = nextUnsent
            nextUnsent += 1
            guard outcomes[question] == .pending else { continue }
            if send(question, now) { open.append(question) }
        }
    }

    // Sends the next try; false when the device would not take it, which settles the question:
    // repeating at once would only spin.
    private mutating func send(_ index: Int, _ now: UInt64) -> Bool {
        let question = questions[index]
        outgoing.encode(question, transaction: transaction(index, attempts[index]))
        do throws(CollectorError) {
            try transport.send(
                outgoing, by: question.route, on: question.port,
                timeoutNanoseconds: timeoutNanoseconds)
        } catch {
            statistics.sendFailures += 1
            if error.isLoss { lose(question.port) } else { settle(index, .failed(error.failure)) }
            return false
        }
        attempts[index] += 1
        deadlines[index] = now &+ timeoutNanoseconds
        statistics.sent += 1
        if firstSentNanoseconds == nil { firstSentNanoseconds = now }
        return true
    }

    // MARK: Settling

    private mutating func settle(_ index: Int, _ outcome: MADOutcome) {
        outcomes[index] = outcome
        unsettled -= 1
    }

    private var earliestDeadline: UInt64 {
        open.reduce(.max) { min($0, deadlines[$1]) }
    }

    private mutating func expire(_ now: UInt64) {
        guard earliestDeadline <= now else { return }
        for index in open where deadlines[index] <= now && outcomes[index] == .pending {
            if !tryAgain(index, .timeout, now) { close(index) }
        }
    }

    // Sends an unanswered question once more; false when it is settled instead.
    private mutating func tryAgain(_ index: Int, _ failure: Failure, _ now: UInt64) -> Bool {
        guard attempts[index] < tries else {
            if failure == .timeout { statistics.timeouts += 1 }
            settle(index, .failed(failure))
            return false
        }
        guard send(index, now) else { return false }
        statistics.retries += 1
        return true
    }

    private mutating func giveUp() {
        for index in questions.indices where outcomes[index] == .pending {
            let wasSent = attempts[index] > 0
            if wasSent { statistics.timeouts += 1 }
            settle(index, .failed(wasSent ? .timeout : .skipped))
        }
        open.removeAll(keepingCapacity: true)
    }

    // MARK: Receiving

    private mutating func take(_ arrival: MADArrival) {
        switch arrival {
        case .nothing:
            break
        case .answer(let port):
            takeAnswer(at: port)
        case .undelivered(let port, let status):
            takeUndelivered(at: port, status: status)
        case .lost(let port, _):
            lose(port)
        }
    }

    private mutating func takeAnswer(at port: MADPort) {
        // An answer to an earlier try of a question that is still open is as good as any.
        guard let (index, _) = question(of: incoming.transaction, at: port) else {
            statistics.late += 1
            return
        }
        close(index)
        lastReceivedNanoseconds = transport.boottimeNanoseconds()
        guard incoming.answers(questions[index]) else {
            settle(index, .failed(.malformed))
            return
        }
        let status = incoming.status
        guard status == 0 else {
            statistics.refused += 1
            settle(index, .refused(status: status))
            return
        }
        statistics.received += 1
        answers[index] = incoming
        settle(index, .answered)
    }

    private mutating func takeUndelivered(at port: MADPort, status: UInt32) {
        // The end of an earlier try says nothing: its repeat is already under way.
        guard let (index, attempt) = question(of: incoming.transaction, at: port),
            attempt == attempts[index] - 1
        else { return }
        let failure: Failure = status == 110 ? .timeout : .transport
        if !tryAgain(index, failure, transport.boottimeNanoseconds()) { close(index) }
    }

    private mutating func lose(_ port: MADPort) {
        lostPorts.append(port)
        for index in questions.indices
        where outcomes[index] == .pending && questions[index].port == port {
            close(index)
            settle(index, .failed(.transport))
        }
    }

    private mutating func close(_ index: Int) {
        guard let place = open.firstIndex(of: index) else { return }
        open.remove(at: place)
    }

    // MARK: Transaction numbers: batch, question and try in 16, 12 and 4 bits

    private func transaction(_ question: Int, _ attempt: Int) -> UInt32 {
        (batch & 0xffff) << 16 | UInt32(question) << 4 | UInt32(attempt)
    }

    private func question(of transaction: UInt32, at port: MADPort) -> (Int, attempt: Int)? {
        let index = Int(transaction >> 4 & 0xfff)
        guard transaction >> 16 == batch & 0xffff, index < questions.count,
            outcomes[index] == .pending, questions[index].port == port
        else { return nil }
        return (index, Int(transaction & 0xf))
    }
}
