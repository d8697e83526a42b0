import Glibc

/// One cable: the node's own port, and the switch port that it leads to.
struct PortModel {
    /// What the links of the node do between two moments.
    struct Load {
        /// Seconds of communication.
        var communication = 0.0
        /// Of the links' speed, while they communicate.
        var level = 0.0
        /// Whether they communicate at the end.
        var isActive = false
    }

    /// Words of four octets in a second at 400 Gb/s.
    static let wordsPerSecond = 12.5e9
    static let wordsPerPacket = 1031.0
    /// FEC codewords in a second, which are always sent.
    static let blocksPerSecond = 78_125_000.0
    /// Errors in a second that FEC corrects.
    static let correctedPerSecond = 250.0
    /// What the daemon asks the far end for in each pass, and the words of a datagram.
    static let datagrams: UInt64 = 6
    static let datagramWords: UInt64 = 72

    /// One direction: what was sent until now, and what the far end showed of it when read last.
    private struct Direction {
        var words: UInt64 = 0
        var packets: UInt64 = 0
        var multicast: UInt64 = 0
        var seenWords: UInt64 = 0
        var seenPackets: UInt64 = 0
    }

    private let near: Int
    private let far: Int
    private let isBad: Bool
    private var sent = Direction()
    private var received = Direction()
    // When the lanes' counters of the two ends were read, in seconds since the trace began.
    private var nearRead = 0.0
    private var farRead = 0.0

    /// `near` and `far` are the first live columns of the two ends.
    init(near: Int, far: Int, isBad: Bool, _ registers: inout Registers, _ noise: inout Noise) {
        self.near = near
        self.far = far
        self.isBad = isBad
        for end in [near, far] {
            for column in PortColumn.xmitData...PortColumn.blocks {
                registers.counts[end + column] = UInt64(noise.uniform(1e12, 1e15))
            }
            for column in PortColumn.corrected...PortColumn.writes {
                registers.counts[end + column] = UInt64(noise.uniform(1e5, 1e8))
            }
            for column in PortColumn.symbolErrors...PortColumn.fecCorrectableLanes + 3 {
                registers.counts[end + column] = noise.unit() < 0.3 ? noise.geometric(mean: 6) : 0
            }
            registers.counts[end + PortColumn.width] = 4
            registers.counts[end + PortColumn.laneRate] = 106_250
            setState(end, isDown: false, &registers)
        }
        if isBad { registers.counts[near + PortColumn.vl15Dropped] = 70_000 }
    }

    func setState(_ end: Int, isDown: Bool, _ registers: inout Registers) {
        registers.counts[end + PortColumn.state] = isDown ? 1 : 4
        registers.counts[end + PortColumn.physicalState] = isDown ? 2 : 5
    }

    /// Counts what happened since the call before; `now` is in seconds, `nearFrom` when the node's
    /// own end began to count if that was later.
    mutating func step(
        _ load: Load, shared: Double, now: Double, nearFrom: Double?, isDown: Bool,
        _ registers: inout Registers, _ noise: inout Noise
    ) {
        if let nearFrom { nearRead = nearFrom }
        setState(near, isDown: isDown, &registers)
        setState(far, isDown: isDown, &registers)
        let lag = noise.uniform(0, 0.004)
        let load = isDown ? Load() : load
        let rate = Self.wordsPerSecond * load.level * shared
        advance(&sent, from: near, to: far, load, rate, lag, &registers, &noise)
        advance(&received, from: far, to: near, load, rate, lag, &registers, &noise)
        if load.communication > 0 {
            let ticks = load.communication * 4e6
            registers.counts[near + PortColumn.wait] += UInt64(ticks * noise.lognormal(0.5))
            registers.counts[far + PortColumn.wait] += UInt64(ticks * noise.lognormal(0.5))
            registers.counts[near + PortColumn.writes] += UInt64(
                load.communication * 180_000 * load.level * noise.lognormal(0.04))
            registers.counts[far + PortColumn.writes] += noise.poisson(load.communication * 20)
            registers.counts[far + PortColumn.discards] += noise.rare(8e-4 * load.communication)
            for end in [near, far] {
                for error in 0..<6 {
                    registers.counts[end + PortColumn.transport + error] +=
                        noise.rare(2e-3 * load.communication)
                }
            }
        }
        let nearNow = now + noise.uniform(0, 0.0005)
        let farNow = now + lag
        always(near, from: nearRead, to: nearNow, now, &registers, &noise)
        always(far, from: farRead, to: farNow, now, &registers, &noise)
        (nearRead, farRead) = (nearNow, farNow)
    }

    // Traffic of one direction. The receiving side of the near end is read with it, the far end a
    // little later, when some more has passed.
    private func advance(
        _ direction: inout Direction, from source: Int, to target: Int, _ load: Load,
        _ rate: Double, _ lag: Double, _ registers: inout Registers, _ noise: inout Noise
    ) {
        let rail = rate * noise.lognormal(0.04)
        let words = UInt64(rail * load.communication)
        let packets = UInt64(
            Double(words) / Self.wordsPerPacket * (1 + 0.002 * noise.normal()))
        let multicast: UInt64 = noise.unit() < 0.004 ? 1 : 0
        direction.words += words + multicast * Self.datagramWords
        direction.packets += packets + multicast
        let extra = load.isActive ? UInt64(rail * lag) : 0
        let seenWords = max(direction.seenWords, direction.words + extra)
        let seenPackets = max(
            direction.seenPackets,
            direction.packets + UInt64(Double(extra) / Self.wordsPerPacket))
        let isSent = source == near
        let farWords = seenWords - direction.seenWords
        let farPackets = seenPackets - direction.seenPackets
        let ownWords = words + multicast * Self.datagramWords
        let ownPackets = packets + multicast
        add(
            source, isSent ? ownWords : farWords, isSent ? ownPackets : farPackets, multicast,
            receives: false, &registers)
        add(
            target, isSent ? farWords : ownWords, isSent ? farPackets : ownPackets, multicast,
            receives: true, &registers)
        direction.seenWords = seenWords
        direction.seenPackets = seenPackets
    }

    private func add(
        _ end: Int, _ words: UInt64, _ packets: UInt64, _ multicast: UInt64, receives: Bool,
        _ registers: inout Registers
    ) {
        let shift = receives ? 1 : 0
        registers.counts[end + PortColumn.xmitData + shift] += words
        registers.counts[end + PortColumn.xmitPackets + shift] += packets
        registers.counts[end + PortColumn.unicastXmit + shift] += packets - min(packets, multicast)
        registers.counts[end + PortColumn.multicastXmit + shift] += multicast
    }

    /// The daemon's own datagrams, asked and answered once in a pass.
    mutating func ask(_ registers: inout Registers) {
        for end in [near, far] {
            for shift in 0...1 {
                registers.counts[end + PortColumn.xmitData + shift] +=
                    Self.datagrams * Self.datagramWords
                registers.counts[end + PortColumn.xmitPackets + shift] += Self.datagrams
                registers.counts[end + PortColumn.unicastXmit + shift] += Self.datagrams
            }
        }
    }

    // What counts whether there is traffic or not.
    private func always(
        _ end: Int, from: Double, to: Double, _ now: Double, _ registers: inout Registers,
        _ noise: inout Noise
    ) {
        let seconds = max(0, to - from)
        // The bad cable drifts over hours.
        let rate = isBad ? 8 * (1 + 0.5 * sin(now / 14_400)) : 1
        let blocks =
            (to * Self.blocksPerSecond).rounded(.down)
            - (from * Self.blocksPerSecond).rounded(.down)
        registers.counts[end + PortColumn.blocks] += UInt64(max(0, blocks))
        registers.counts[end + PortColumn.corrected] +=
            noise.poisson(Self.correctedPerSecond * rate * seconds)
        var lanes: UInt64 = 0
        for lane in 0...3 {
            let symbols = noise.poisson(Self.correctedPerSecond / 4 * rate * seconds)
            registers.counts[end + PortColumn.fecLanes + lane] += symbols
            registers.counts[end + PortColumn.laneErrors + lane] +=
                noise.poisson(Self.correctedPerSecond / 3 * rate * seconds)
            registers.counts[end + PortColumn.fecCorrectableLanes + lane] +=
                noise.rare(1e-3 * seconds)
            registers.counts[end + PortColumn.blockErrors + lane] += noise.rare(2e-4 * seconds)
            lanes += symbols
        }
        registers.counts[end + PortColumn.fecCorrected] += lanes
        registers.counts[end + PortColumn.fecCorrectable] +=
            noise.poisson(Self.correctedPerSecond * 0.97 * rate * seconds)
    }
}
