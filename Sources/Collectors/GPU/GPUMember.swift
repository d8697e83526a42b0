import Model

/// One GPU as the coordinator knows it: its worker, and what it read last.
struct GPUMember {
    /// What a GPU's worker is asked for.
    struct Job: Sendable {
        var now: UInt64
        var epoch: UInt64
    }

    /// What came of it.
    struct Outcome: Sendable {
        var report: GPUDeviceReport
        /// From its first call to its last; nil when none was made.
        var span: ClosedRange<UInt64>?
    }

    /// A GPU that the kernel lists no more; there is no call that said so.
    private static let notListed = GPUFailure(
        function: "sysfs", code: 28, codeName: "NOT_LISTED")

    let address: PCIAddress
    let witness: CallWitness
    let worker: Worker<Job, Outcome>
    var place: GPUInventory.Place
    /// Whether it was handed work in this turn.
    var isStarted = false

    // The latest pass that was not cut short, when it was, and whether it was reported.
    private var latest: GPUDeviceReport?
    private var latestNanoseconds: UInt64 = 0
    private var isFresh = false
    private var state = GPUState.noLibrary

    init(
        place: GPUInventory.Place, witness: CallWitness, driver: GPUDriver, wake: WakePipe
    ) {
        self.place = place
        self.witness = witness
        let address = place.address
        self.address = address
        worker = Worker(wake: wake) {
            var reader = GPUReader(address: address, witness: witness)
            return { job in
                witness.beginSpan()
                let report =
                    if let library = driver.current {
                        reader.read(library, now: job.now, epoch: job.epoch)
                    } else {
                        GPUDeviceReport(address: address, state: .noLibrary)
                    }
                return Outcome(report: report, span: witness.span)
            }
        }
    }

    /// Takes in what the worker has finished, and returns the span of its calls.
    mutating func collect(now: UInt64) -> ClosedRange<UInt64>? {
        guard let outcome = worker.takeOutcome() else { return nil }
        switch outcome.report.state {
        // A pass that was cut short says nothing.
        case .excluded, .noLibrary, .busy: break
        case .read, .failed:
            latest = outcome.report
            latestNanoseconds =
                outcome.span.map { $0.lowerBound + ($0.upperBound - $0.lowerBound) / 2 }
                ?? latestNanoseconds
            isFresh = true
        }
        return outcome.span
    }

    /// What is to be said of the GPU in a report of that moment.
    ///
    /// - Parameters:
    ///   - moment: The report's moment on the boot clock.
    ///   - now: The present on the same clock.
    ///   - reason: Why the GPU is left alone; nil when it is not.
    ///   - isReady: Whether the library can be asked.
    /// - Returns: The readings of this turn, or the latest ones with their age.
    mutating func report(
        at moment: UInt64, now: UInt64, reason: String?, isReady: Bool
    ) -> GPUDeviceReport {
        var report =
            latest ?? GPUDeviceReport(address: address, state: .noLibrary)
        if let reason {
            state = .excluded(reason)
        } else if !place.isListed {
            state = .failed(Self.notListed)
            report.fail()
        } else if isFresh {
            state = report.state
        } else if worker.isBusy {
            state = .busy(call(now: now))
        } else if !isReady {
            state = .noLibrary
        }
        isFresh = false
        report.state = state
        if state != .read { report.epoch = place.epoch }
        report.ageNanoseconds =
            latest == nil || moment < latestNanoseconds ? 0 : moment - latestNanoseconds
        return report
    }

    // Between two calls, the latest one; before the first, that which it will be.
    private func call(now: UInt64) -> GPUCall {
        let current = witness.current
        guard let call = current ?? witness.latest else {
            return GPUCall(
                function: "nvmlDeviceGetHandleByPciBusId_v2", family: .attach, nanoseconds: 0,
                thread: 0)
        }
        return GPUCall(
            function: call.function, family: call.family,
            nanoseconds: current == nil ? 0 : now - min(now, call.startNanoseconds),
            thread: call.thread)
    }
}

extension GPUDeviceReport {
    /// Lets no value stand: they are of a GPU that does not answer.
    mutating func fail() {
        let without = { (readings: [Reading]) in
            readings.map { reading in
                switch reading {
                case .value, .held: Reading.failed
                case .unsupported, .noPermission, .failed: reading
                }
            }
        }
        readings = without(readings)
        gauges = without(gauges)
        for link in links.indices {
            links[link].readings = without(links[link].readings)
            links[link].gauges = without(links[link].gauges)
        }
    }
}
