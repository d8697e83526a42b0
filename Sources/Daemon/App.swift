import Glibc
import Health
import History
import Logging
import Model
import Serve

/// The daemon: builds everything, turns the wheel, ends it.
///
/// One thread does all but HTTP: it waits for probes, for signals and for the next turn. It also
/// starts the probes, since the parent-death signal follows the thread that started them.
final class App {
    private let clock: any TimeSource
    private let log: Logger
    private let notifier: SystemdNotifier
    private let fleet: ProbeFleet
    private let pipeline: Pipeline
    private let desk: Desk
    private let errands: Errands
    private let server: Server
    private let signals: SignalQueue

    private let started: Moment
    private var schedule: Schedule
    private var turn: UInt64 = 0
    private var answers: [Collected] = []
    private var isTurnOpen = false
    private var isReady = false
    private var isAligned = false
    private var fedAt: UInt64 = 0
    private var shownAt: UInt64 = 0
    private var hasNews = false
    // Between two pictures that only events ask for.
    private static let newsPause: UInt64 = 1_000_000_000

    init(
        clock: any TimeSource, log: Logger, notifier: SystemdNotifier, fleet: ProbeFleet,
        pipeline: Pipeline, desk: Desk, server: Server, signals: SignalQueue,
        intervalNanoseconds: UInt64
    ) {
        self.clock = clock
        self.log = log
        self.notifier = notifier
        self.fleet = fleet
        self.pipeline = pipeline
        self.desk = desk
        errands = desk.errands
        self.server = server
        self.signals = signals
        started = clock.now()
        schedule = Schedule(
            intervalNanoseconds: intervalNanoseconds, now: started.boottimeNanoseconds)
    }

    /// Turns the wheel until a signal asks to stop.
    func run() {
        tick(clock.now().boottimeNanoseconds)
        while true {
            let now = clock.now().boottimeNanoseconds
            let skipped = schedule.skipped
            if schedule.isDue(now: now) {
                fleet.miss(turns: schedule.skipped - skipped)
                open(now)
            }
            let ready = wait(now)
            if signals.isStopRequested(ready) { return stop() }
            let later = clock.now().boottimeNanoseconds
            take(fleet.receive(ready, now: later), now: later)
            tick(later)
            if isTurnOpen, !fleet.isAwaited { close() }
            if ready.contains(errands.descriptor) { errands.attend(pipeline) }
            feed(later)
        }
    }

    private func logNews() {
        for news in fleet.gpu?.takeNews() ?? [] {
            log.log(level: news.level, "\(news.text)")
            hasNews = true
        }
    }

    private func tick(_ now: UInt64) {
        for trouble in fleet.tick(now: now) { log.warning("\(trouble)") }
        logNews()
        if mayShowNews, now >= newsDue { show() }
    }

    // Between turns, what happened is shown without waiting for the next.
    private var mayShowNews: Bool { hasNews && !isTurnOpen && isReady }
    private var newsDue: UInt64 { shownAt + Self.newsPause }

    // MARK: Turns

    private func open(_ now: UInt64) {
        if isTurnOpen { close() }
        turn += 1
        isTurnOpen = true
        fleet.collect(turn: turn, now: now)
    }

    // An answer that comes after its turn was closed makes a pass of its own, and so do events,
    // though not each of many.
    private func take(_ harvest: ProbeFleet.Harvest, now: UInt64) {
        answers += harvest.reports
        pipeline.note(harvest.events)
        hasNews = hasNews || !harvest.events.isEmpty
        stopCalls(now)
        if !isTurnOpen, isReady, !answers.isEmpty { show() }
    }

    private func stopCalls(_ now: UInt64) {
        for (address, event) in pipeline.takeStops() {
            // What happened before the daemon was started may have been answered since.
            if event.lastWallMilliseconds < started.wallMilliseconds {
                fleet.gpu?.recall(address, because: event, now: now)
            } else {
                fleet.gpu?.stop(address, because: event, now: now)
            }
        }
    }

    private func close() {
        isTurnOpen = false
        show()
        if !isReady {
            isReady = true
            notifier.send("READY=1")
        }
    }

    private func show() {
        let now = clock.now()
        align(answers, now: now)
        let picture = pipeline.pass(
            answers, collectors: fleet.views(now: now), watch: fleet.gpuView,
            now: now)
        stopCalls(now.boottimeNanoseconds)
        answers = []
        hasNews = false
        shownAt = now.boottimeNanoseconds
        desk.show(picture)
        notifier.send("STATUS=\(picture.verdict.severity.name): \(picture.verdict.summary)")
    }

    private func align(_ answers: [Collected], now: Moment) {
        guard !isAligned,
            let guid = answers.flatMap(\.ports).map(\.key.node).min(),
            guid.rawValue != 0
        else { return }
        isAligned = true
        schedule.align(to: guid, now: now.boottimeNanoseconds)
    }

    // MARK: Waiting

    private func wait(_ now: UInt64) -> Set<Int32> {
        var due = [schedule.next]
        if let tick = fleet.nextTick { due.append(tick) }
        if mayShowNews { due.append(newsDue) }
        if let period = notifier.watchdogNanoseconds { due.append(fedAt + period / 2) }
        var files = (fleet.descriptors + [signals.descriptor, errands.descriptor]).map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        let nanoseconds = (due.min() ?? now) - min(now, due.min() ?? now)
        // Rounded up: a wait that ends too early would only go round once more.
        let milliseconds = Int32(clamping: (nanoseconds + 999_999) / 1_000_000)
        guard unsafe poll(&files, nfds_t(files.count), milliseconds) > 0 else { return [] }
        return Set(files.filter { $0.revents != 0 }.map(\.fd))
    }

    // The watchdog hears of us only while turns are begun in time.
    private func feed(_ now: UInt64) {
        guard let period = notifier.watchdogNanoseconds, now >= fedAt + period / 4,
            now < schedule.next + period / 2
        else { return }
        fedAt = now
        notifier.send("WATCHDOG=1")
    }

    private func stop() {
        log.notice("stopping")
        notifier.send("STOPPING=1")
        errands.close()
        let now = { self.clock.now().boottimeNanoseconds }
        fleet.stop(deadline: now() + 800_000_000, now: now)
        pipeline.stop()
        server.stop(isProcessEnding: true)
    }
}

extension Collected {
    /// The InfiniBand ports in it.
    fileprivate var ports: [PortReport] {
        if case .infiniBand(let report) = report { report.ports } else { [] }
    }
}
