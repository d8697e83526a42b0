import Glibc
import Model

/// What the kernel counts of one port of this node beside management datagrams: the statistics of
/// its network interface, and the files of its `hw_counters`.
struct HostStatistics {
    // What a row is read from, and what came of it in the latest pass.
    fileprivate struct Place {
        // Of the counter table, and after those the gauges.
        let row: Int
        let field: UInt8
        // Sources that are better than this one.
        let better: [UInt8]
        var reading = Reading.failed
        // Passes in a row in which it was offered and not read.
        var failures = 0

        mutating func take(_ reading: Reading) {
            self.reading = reading
            failures = reading == .failed ? failures + 1 : 0
        }
    }

    // What changes between two sources tells no difference, so another one steps in only for a
    // source that has failed in so many passes.
    fileprivate static let patience = 3

    // Names that a device does not have are not asked for again until the device is learnt anew.
    private var interface: String?
    private var statistics: [(place: Place, index: Int)] = []
    private var statisticCount = 0
    private var files: [(place: Place, file: RefusableFile)] = []
    private var dueNanoseconds: UInt64 = 0
    private var epoch: UInt64?

    /// Reads everything that is known to be there.
    mutating func collect(
        _ port: (devicePath: String, number: UInt8), now: UInt64, interval: UInt64,
        _ facts: KernelFacts, _ source: inout any InterfaceStatistics
    ) {
        let epoch = facts.epoch(devicePath: port.devicePath)
        if epoch != self.epoch {
            self = HostStatistics()
            self.epoch = epoch
            learnFiles("\(port.devicePath)/ports/\(port.number)/hw_counters")
        }
        if now >= dueNanoseconds {
            dueNanoseconds = now &+ interval
            interface = facts.interface(devicePath: port.devicePath, port: port.number)
            learnStatistics(&source)
        }
        readStatistics(&source)
        for index in files.indices {
            files[index].place.take(
                Self.read(&files[index].file, files[index].place.field, now, interval))
        }
    }

    /// Puts what was read among the readings of datagrams: the better source wins.
    func join(_ report: inout EndReport) {
        for (place, _) in statistics { place.join(&report) }
        for (place, _) in files { place.join(&report) }
    }

    /// Whether something was offered and not read in the latest pass.
    var hasFailed: Bool {
        statistics.contains { $0.place.reading == .failed }
            || files.contains { $0.place.reading == .failed }
    }

    // MARK: The network interface

    private mutating func learnStatistics(_ source: inout any InterfaceStatistics) {
        guard let interface else {
            statistics = []
            return
        }
        do throws(CollectorError) {
            let names = try source.names(of: interface)
            statisticCount = names.count
            let indices = Dictionary(
                names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
            let known = statistics.map(\.place)
            statistics = Self.statisticPlaces.compactMap { name, place in
                let same = known.first { $0.row == place.row && $0.field == place.field }
                return indices[name].map { (same ?? place, $0) }
            }
        } catch {
            // What was offered once and cannot be named now is not read, which is not the same as
            // not offered.
            if error.code == EOPNOTSUPP { statistics = [] }
            statisticCount = 0
        }
    }

    private mutating func readStatistics(_ source: inout any InterfaceStatistics) {
        guard let interface, !statistics.isEmpty else { return }
        let values = statisticValues(interface, &source)
        for index in statistics.indices {
            let (place, number) = statistics[index]
            statistics[index].place.take(
                values.map { .value($0[number], field: place.field) } ?? .failed)
        }
    }

    private mutating func statisticValues(
        _ interface: String, _ source: inout any InterfaceStatistics
    ) -> [UInt64]? {
        if statisticCount == 0 { learnStatistics(&source) }
        guard statisticCount > 0 else { return nil }
        var values = try? source.values(of: interface, count: statisticCount)
        if values?.count != statisticCount {
            learnStatistics(&source)
            values = try? source.values(of: interface, count: statisticCount)
        }
        return statisticCount > 0 && values?.count == statisticCount ? values : nil
    }

    // MARK: hw_counters

    private mutating func learnFiles(_ directory: String) {
        let names = Set(KernelFacts.names(in: directory))
        files = Self.filePlaces.compactMap { name, place in
            names.contains(name) ? (place, RefusableFile("\(directory)/\(name)")) : nil
        }
    }

    private static func read(
        _ file: inout RefusableFile, _ field: UInt8, _ now: UInt64, _ interval: UInt64
    ) -> Reading {
        do throws(SysfsFile.Absence) {
            let line = try file.line(now: now, interval: interval)
            return UInt64(line.prefix { $0 != " " }).map { .value($0, field: field) } ?? .failed
        } catch {
            return SysfsFile.reading(error)
        }
    }

    // MARK: The rows of the tables

    private static let statisticPlaces = places(isStatistic) + gaugePlaces
    private static let filePlaces = places { $0 == .hwCounter }

    private static func isStatistic(_ source: Source) -> Bool {
        if case .ethtool = source { true } else { false }
    }

    private static let gaugePlaces = InfiniBandCounters.gauges.enumerated().flatMap { row, gauge in
        gauge.sources.filter { isStatistic($0.source) }.map {
            ($0.symbol, Place(row: InfiniBandCounters.count + row, field: 0, better: []))
        }
    }

    private static func places(_ isWanted: (Source) -> Bool) -> [(String, Place)] {
        InfiniBandCounters.all.enumerated().flatMap { row, counter in
            counter.fields.enumerated().compactMap { index, field in
                guard isWanted(field.source) else { return nil }
                let better = counter.preference.prefix { $0 != index }.map { UInt8($0) }
                return (field.symbol, Place(row: row, field: UInt8(index), better: better))
            }
        }
    }
}

extension HostStatistics.Place {
    private var isGivenUp: Bool {
        switch reading {
        case .value, .held: false
        case .unsupported, .noPermission: true
        case .failed: failures >= HostStatistics.patience
        }
    }

    fileprivate func join(_ report: inout EndReport) {
        guard row < InfiniBandCounters.count else {
            report.gauges[row - InfiniBandCounters.count] = reading
            return
        }
        if case .value(_, let source) = report.readings[row] {
            guard !better.contains(source), !isGivenUp else { return }
        }
        report.readings[row] = reading
    }
}
