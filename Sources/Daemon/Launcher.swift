import Exposition
import Glibc
import Health
import History
import Logging
import Model
import Serve

/// Puts the daemon together from its settings.
package enum Launcher {
    /// Checks a configuration file and says what is wrong with it; returns the exit status.
    package static func check(_ path: String) -> (text: String, status: Int32) {
        do throws(SettingsError) {
            let (settings, _) = try configuration(path)
            return ((["\(path): no errors"] + settings.overrideLines).joined(separator: "\n"), 0)
        } catch {
            return ("\(error)", 78)
        }
    }

    /// Runs the daemon until it is asked to stop; returns the exit status (sysexits.h).
    package static func run(configuration path: String) -> Int32 {
        Descriptors.fillStandardStreams()
        let clock = SystemClock()
        let signals = SignalQueue()
        do throws(SettingsError) {
            let (settings, manifest) = try configuration(path)
            return run(settings, manifest, clock, signals)
        } catch {
            logger(.info, clock).critical("\(error)")
            return 78
        }
    }

    private static func configuration(
        _ path: String
    ) throws(SettingsError) -> (Settings, Manifest?) {
        let settings = try Settings.load(path: path)
        guard let manifest = settings.inventory.manifest else { return (settings, nil) }
        return (settings, try ManifestFile.load(path: manifest))
    }

    private static func logger(_ level: Settings.Log.Level, _ clock: SystemClock) -> Logger {
        Logger(label: "fabricwatchd") { _ in
            StandardErrorLog(
                level: Logger.Level(rawValue: level.rawValue) ?? .info,
                isJournal: environmentVariable("JOURNAL_STREAM") != nil, clock: clock)
        }
    }

    private static func run(
        _ settings: Settings, _ manifest: Manifest?, _ clock: SystemClock,
        _ signals: SignalQueue
    ) -> Int32 {
        let log = logger(settings.log.level, clock)
        do {
            let (keeper, past) = try history(settings.history, clock, log)
            let desk = Desk(
                node: settings.node.name ?? hostName(), clock: clock,
                archive: keeper == nil
                    ? nil : Archive(reader: Reader(directory: settings.history.directory)),
                errands: Errands(
                    // So that who waits hears it before the server gives up.
                    patienceMilliseconds: Int32(
                        clamping: settings.serve.requestTimeout.nanoseconds / 2_000_000)),
                storeID: keeper?.storeID ?? .random(in: .min ... .max),
                expectations: manifest == nil ? .notConfigured : .unverified)
            let server = Server(configuration: serving(settings.serve, log), answers: desk)
            let bound = try server.start()
            if let path = bound.socketPath { log.notice("listening on \(path)") }
            if let port = bound.tcpPort {
                log.notice("listening on \(settings.serve.tcp?.host ?? ""):\(port)")
            }
            desk.watch { ServerSample(server.statistics) }
            let bootID = clock.now().bootID
            let probes = Probes(
                settings: settings, bootID: bootID,
                afterRecord: past.logPosition?.record(in: bootID))
            let fleet = probes.fleet(started: clock.now())
            for (address, event) in past.journal.stops(bootID: bootID) {
                fleet.gpu?.recall(address, because: event, now: clock.now().boottimeNanoseconds)
            }
            let app = App(
                clock: clock, log: log,
                notifier: SystemdNotifier(environment: environmentVariable),
                fleet: fleet,
                pipeline: Pipeline(
                    naming: settings.infiniband.naming, manifest: manifest, keeper: keeper,
                    past: past, bootID: bootID, thresholds: settings.thresholds),
                desk: desk, server: server, signals: signals,
                intervalNanoseconds: settings.interval.nanoseconds)
            app.run()
            return 0
        } catch {
            log.critical("\(error)")
            return 1
        }
    }

    // Without descriptors the server could not even refuse, and the probes could not be started.
    private static func serving(_ settings: Settings.Serve, _ log: Logger) -> ServeConfiguration {
        let limit = Descriptors.allow(UInt64(settings.maxConnections) + Descriptors.own)
        var bounded = settings
        bounded.maxConnections = Descriptors.connections(settings.maxConnections, limit: limit)
        if bounded.maxConnections < settings.maxConnections {
            log.warning(
                """
                only \(bounded.maxConnections) connections at once instead of \
                \(settings.maxConnections) (serve.max_connections): the process may have \(limit) \
                files open
                """)
        }
        return bounded.configuration
    }

    // Watching goes on without a history: a full disk must not blind the node, and its verdict says
    // what is missing. Only a second daemon is turned away.
    private static func history(
        _ settings: Settings.History, _ clock: SystemClock, _ log: Logger
    ) throws(HistoryError) -> (Keeper?, Past) {
        guard settings.isEnabled else { return (nil, Past()) }
        do throws(HistoryError) {
            let keeper = try keeper(settings, clock, log)
            return (keeper, try keeper.past())
        } catch {
            if case .held = error.cause { throw error }
            log.error("watching without a history: \(error)")
            let keeper = Keeper(
                unopened: error, directory: settings.directory, clock: clock, log: log)
            return (keeper, Past())
        }
    }

    private static func keeper(
        _ settings: Settings.History, _ clock: SystemClock, _ log: Logger
    ) throws(HistoryError) -> Keeper {
        let store = try Store(
            directory: settings.directory, limits: settings.limits,
            nowMilliseconds: clock.now().wallMilliseconds)
        let sqlite = SQLiteInfo.loaded
        let options = SQLiteInfo.options.joined(separator: ", ")
        log.info("the history is in \(settings.directory), SQLite \(sqlite.version) (\(options))")
        if let remark = sqlite.remark { log.debug("\(remark)") }
        if case .movedAside(let path, let reason) = store.outcome {
            let found = store.salvage.map { "\($0.passes) passes" } ?? "nothing"
            log.error(
                """
                the history was damaged and is now \(path); a new one was started, and has \
                \(found) of the old one so far: \(reason)
                """)
            if let failure = store.salvageFailure {
                log.error("nothing of the damaged history is salvaged: \(failure)")
            }
        }
        return Keeper(store: store, directory: settings.directory, clock: clock, log: log)
    }

    private static func hostName() -> String {
        ProcFile.text("/proc/sys/kernel/hostname")?.trimmed ?? "localhost"
    }
}
