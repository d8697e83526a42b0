import Model

/// What is known of one GPU or of one link: what it offers, and what it said last.
struct ReadingMemory {
    /// Whether a slot can be read, as found out since the GPU was attached to.
    private enum Offer {
        /// The driver or the library is of before it.
        case tooNew
        case untried
        case offered
        /// Not there, until the GPU is attached to anew.
        case absent
        /// Not for this process, likewise.
        case denied
        /// Asking for it spoils what is asked with it.
        case spoiling
    }

    private let plan: ReadingPlan
    private var offers: [Offer]
    private var answers: [Reading]

    /// Whether an offer changed, so that something else is to be asked.
    private(set) var hasChanged = true

    /// Nothing is known yet, and nothing can be read.
    init(_ plan: ReadingPlan) {
        self.plan = plan
        offers = Array(repeating: .untried, count: plan.slots.count)
        answers = Array(repeating: .failed, count: plan.slots.count)
    }

    /// Begins anew; fields that the driver is too old for and calls that the library does not have
    /// are not even tried.
    mutating func begin(branch: UInt16?, missing: Set<String>) {
        for (index, slot) in plan.slots.enumerated() {
            let isThere =
                slot.function.map { !missing.contains($0) }
                ?? branch.map { $0 >= slot.firstDriver } ?? true
            offers[index] = isThere ? .untried : .tooNew
            answers[index] = .failed
        }
        hasChanged = true
    }

    /// Whether a slot is to be asked: it may be offered, and nothing better is.
    func isWanted(_ slot: Int) -> Bool {
        guard offers[slot] == .untried || offers[slot] == .offered else { return false }
        for better in plan.rows[plan.rowOfSlot[slot]].lowerBound..<slot {
            switch offers[better] {
            case .tooNew, .absent, .denied: continue
            case .untried, .offered, .spoiling: return false
            }
        }
        return true
    }

    /// What a row says, by the best of its sources.
    func reading(_ row: Int) -> Reading {
        var isDenied = false
        for slot in plan.rows[row] {
            switch offers[slot] {
            case .tooNew, .absent: continue
            case .denied: isDenied = true
            case .untried, .offered, .spoiling: return answers[slot]
            }
        }
        return isDenied ? .noPermission : .unsupported
    }

    /// What the counters say, by their rows.
    var counters: [Reading] { (0..<plan.counterCount).map(reading) }

    /// What the gauges say, by their rows.
    var gauges: [Reading] {
        (plan.counterCount..<plan.counterCount + plan.gaugeCount).map(reading)
    }

    // MARK: Answers

    /// Begins a pass: what is not asked in it was read before.
    mutating func beginPass() {
        for slot in answers.indices {
            if case .value(let value, let field) = answers[slot] {
                answers[slot] = .held(value, field: field)
            }
        }
    }

    /// Takes in a value; nil for what is offered and has nothing to tell at the moment.
    mutating func take(_ slot: Int, _ value: UInt64?) {
        change(slot, .offered)
        answers[slot] =
            value.map { .value($0, field: plan.slots[slot].source) } ?? .unsupported
    }

    /// Takes in an error.
    ///
    /// - Parameters:
    ///   - slot: What was asked.
    ///   - code: What it returned.
    ///   - isDown: Whether it is of a link that is not active, which cannot tell some of what it
    ///     could before.
    /// - Returns: Whether the slot should be asked again soon.
    mutating func take(_ slot: Int, _ code: NVMLCode, isDown: Bool) -> Bool {
        switch code.kind {
        // It was there before. A link that is not active answers so, and a stale handle.
        case .absentCapability
        where offers[slot] == .offered && (isDown || code == .invalidArgument):
            answers[slot] = .failed
            return !isDown
        case .absentCapability: change(slot, .absent)
        case .permission: change(slot, .denied)
        case .success, .transient, .gpuBad, .library:
            answers[slot] = .failed
            return true
        }
        return false
    }

    /// Leaves out what spoils the answers to everything that is asked with it.
    mutating func leaveOut(_ slot: Int, _ code: NVMLCode) {
        if take(slot, code, isDown: false) { change(slot, .spoiling) }
    }

    /// Leaves out what another link has been found not to have.
    mutating func leaveOutUntried(_ slot: Int) {
        if offers[slot] == .untried { change(slot, .absent) }
    }

    /// Tries anew what was not there.
    mutating func retry() {
        for slot in offers.indices where offers[slot] == .absent {
            change(slot, .untried)
            answers[slot] = .unsupported
        }
    }

    /// Says that the change of offers was taken into account.
    mutating func settle() { hasChanged = false }

    private mutating func change(_ slot: Int, _ offer: Offer) {
        guard offers[slot] != offer else { return }
        offers[slot] = offer
        hasChanged = true
    }
}
