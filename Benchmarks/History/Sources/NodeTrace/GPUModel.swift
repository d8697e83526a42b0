import Glibc

/// One GPU with its NVLinks.
struct GPUModel {
    static let linkCount = 18
    /// KiB in a second that a link can carry in one direction.
    static let linkSpeed = 25e9 / 1024

    private let gpu: Int
    private let links: [Int]
    private let isThrottled: Bool
    private var temperature = 34.0
    private var memoryTemperature = 38.0
    private var power = 92.0
    private var load = 0.0

    /// The first live columns of the GPU and of its links.
    init(
        gpu: Int, links: [Int], isThrottled: Bool, _ registers: inout Registers,
        _ noise: inout Noise
    ) {
        self.gpu = gpu
        self.links = links
        self.isThrottled = isThrottled
        registers.counts[gpu + GPUColumn.energy] = UInt64(noise.uniform(1e10, 1e12))
        for column in GPUColumn.pcieSent...GPUColumn.throttled {
            registers.counts[gpu + column] = UInt64(noise.uniform(1e9, 1e12))
        }
        let constants: [UInt64] = [
            700_000, 2619, 85_899_345_920, 1, 0, 0, 640, 0, 0, 3, 1, UInt64(Self.linkCount),
        ]
        for (index, value) in constants.enumerated() {
            registers.counts[gpu + GPUColumn.constants + index] = value
        }
        for link in links {
            registers.counts[link + LinkColumn.sent] = UInt64(noise.uniform(1e9, 1e13))
            registers.counts[link + LinkColumn.received] = UInt64(noise.uniform(1e9, 1e13))
        }
    }

    /// Counts what happened in some seconds.
    mutating func step(
        _ traffic: PortModel.Load, seconds: Double, isBusy: Bool, shared: Double,
        _ registers: inout Registers, _ noise: inout Noise
    ) {
        let isWorking = isBusy && seconds > 0
        load = isWorking ? 1 - 0.4 * traffic.communication / seconds : 0
        power = isWorking ? 180 + 520 * load * noise.lognormal(0.03) : 92
        registers.counts[gpu + GPUColumn.energy] += UInt64(
            power * seconds * 1000 * noise.lognormal(0.002))
        let relaxed = 1 - 1 / (1 + seconds / 25)
        temperature += (30 + power * 0.055 - temperature) * relaxed
        memoryTemperature += (33 + power * 0.068 - memoryTemperature) * relaxed
        addErrors(seconds, &registers, &noise)
        guard isWorking else { return }
        registers.counts[gpu + GPUColumn.pcieSent] += UInt64(
            seconds * 2.1e6 * noise.lognormal(0.3))
        registers.counts[gpu + GPUColumn.pcieReceived] += UInt64(
            seconds * 3.4e6 * noise.lognormal(0.3))
        if isThrottled {
            registers.counts[gpu + GPUColumn.throttled] += UInt64(seconds * 4e7 * noise.unit())
        }
        // Collectives stripe over all links of a GPU, which therefore carry nearly the same.
        let rate =
            Self.linkSpeed * traffic.level * shared
            * (traffic.communication + 0.25 * (seconds - traffic.communication))
        let sent = rate * noise.lognormal(0.04)
        let received = rate * noise.lognormal(0.04)
        for link in links {
            registers.counts[link + LinkColumn.sent] += UInt64(
                sent * max(0, 1 + Self.linkNoise * noise.normal()))
            registers.counts[link + LinkColumn.received] += UInt64(
                received * max(0, 1 + Self.linkNoise * noise.normal()))
        }
    }

    // Errors that are repaired and come by the dozen in a day.
    private func addErrors(
        _ seconds: Double, _ registers: inout Registers, _ noise: inout Noise
    ) {
        registers.counts[gpu + GPUColumn.corrected] += noise.rare(1e-4 * seconds)
        for error in 0..<7 {
            registers.counts[gpu + GPUColumn.pcieErrors + error] += noise.rare(6e-4 * seconds)
        }
        for link in links {
            registers.counts[link + LinkColumn.replays] += noise.rare(1.5e-3 * seconds)
            registers.counts[link + LinkColumn.flitErrors] += noise.rare(2e-3 * seconds)
            registers.counts[link + LinkColumn.recoveries] += noise.rare(2e-5 * seconds)
        }
    }

    /// How much the links of one GPU differ, of what they carry in a second.
    static let linkNoise = 0.01

    /// What gauges show at a pass.
    func look(memoryMegabytes: UInt64?, _ registers: inout Registers, _ noise: inout Noise) {
        func set(_ column: Int, _ value: Double) {
            registers.counts[gpu + column] = UInt64(max(0, value))
        }
        let isWorking = load > 0
        set(GPUColumn.temperature, temperature + 0.3 * noise.normal())
        set(GPUColumn.memoryTemperature, memoryTemperature + 0.3 * noise.normal())
        set(GPUColumn.power, 1000 * (power + (isWorking ? 9 : 0.15) * noise.normal()))
        set(GPUColumn.powerInstant, 1000 * (power + (isWorking ? 45 : 0.3) * noise.normal()))
        set(GPUColumn.utilization, isWorking ? 88 + 12 * noise.unit() : 0)
        set(GPUColumn.memoryUtilization, isWorking ? 30 + 25 * load * noise.unit() : 0)
        let steps = isThrottled && isWorking ? noise.index(8) : isWorking ? noise.index(2) : 0
        registers.counts[gpu + GPUColumn.clock] = UInt64(1980 - 15 * steps)
        registers.counts[gpu + GPUColumn.reasons] = isWorking ? (steps > 1 ? 4 : 0) : 1
        registers.counts[gpu + GPUColumn.memoryUsed] = (memoryMegabytes ?? 512) << 20
    }
}

/// The optical module of an HCA.
struct ModuleModel {
    private let module: Int
    private var levels: [Double]

    init(module: Int, _ registers: inout Registers, _ noise: inout Noise) {
        self.module = module
        levels = (0..<4).map { _ in noise.uniform(9000, 14_000) }
        levels += (0..<4).map { _ in noise.uniform(11_000, 13_000) }
        levels += (0..<4).map { _ in noise.uniform(7000, 8000) }
        for lane in 0..<4 { registers.counts[module + 14 + lane] = 0 }
        registers.counts[module + 22] = 4
    }

    /// What gauges show at a pass; the light wanders slowly and is measured in coarse steps.
    mutating func look(now: Double, _ registers: inout Registers, _ noise: inout Noise) {
        for lane in levels.indices {
            levels[lane] += 1.5 * noise.normal()
            let step = lane < 8 ? 10.0 : 2.0
            let value = levels[lane] + 0.8 * step * noise.normal()
            registers.counts[module + lane] = UInt64(max(0, (value / step).rounded() * step))
        }
        registers.counts[module + 12] = UInt64(
            48 + 3 * sin(now / 9000) + 0.1 * noise.normal())
        registers.counts[module + 13] = UInt64((3300 + 0.5 * noise.normal()).rounded())
    }
}
