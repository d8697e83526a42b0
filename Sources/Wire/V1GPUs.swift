// Property names are spelled as the keys are read back: `uuid`, not `UUID`, in their midst.
extension V1 {
    /// `/api/v1/gpus`: every GPU of the node, the headline of each.
    package struct GPUs: Codable, Hashable, Sendable {
        /// The node's name.
        package var node: String
        /// When the picture was put together.
        package var time: String
        /// The latest pass that is in it; absent before the first.
        package var pass: UInt64?
        /// What became of libnvidia-ml; absent while nothing has been heard of it.
        package var library: GPULibrary?
        /// The GPUs by index.
        package var gpus: [GPUSummary]

        /// A document of GPUs.
        package init(
            node: String, time: String, pass: UInt64?, library: GPULibrary?, gpus: [GPUSummary]
        ) {
            self.node = node
            self.time = time
            self.pass = pass
            self.library = library
            self.gpus = gpus
        }
    }

    /// What became of libnvidia-ml.
    package struct GPULibrary: Codable, Hashable, Sendable {
        /// `starting`, `ready`, `library_missing`, `symbols_missing`, `driver_not_loaded`,
        /// `version_mismatch`, `no_permission`, `failed` or `hung`.
        package var state: String
        /// The library's version; absent when unknown.
        package var version: String?
        /// The driver's version; absent when unknown.
        package var driver: String?
        /// The functions that the library has of those that the daemon knows.
        package var symbolsFound: Int
        /// The functions that the daemon knows.
        package var symbolsKnown: Int
        /// Whether the probe did not answer its latest turn, so that this is what it said last.
        package var stale: Bool
        /// One sentence for an operator; absent when all is well.
        package var detail: String?

        /// What became of the library.
        package init(
            state: String, version: String?, driver: String?, symbolsFound: Int,
            symbolsKnown: Int, stale: Bool, detail: String?
        ) {
            self.state = state
            self.version = version
            self.driver = driver
            self.symbolsFound = symbolsFound
            self.symbolsKnown = symbolsKnown
            self.stale = stale
            self.detail = detail
        }
    }

    /// The headline of one GPU; of a stale one the values are the last known.
    package struct GPUSummary: Codable, Hashable, Sendable {
        /// The number in listings, from 0 in the order of PCI addresses.
        package var index: Int
        /// The UUID; absent while it was never read.
        package var uuid: String?
        /// The PCI address, such as `0000:18:00.0`.
        package var address: String
        /// The product's name.
        package var name: String?
        /// `read`, `busy`, `excluded`, `failed`, `lost`, `no_library` or `missing`.
        package var state: String
        /// Why it was not read, one sentence.
        package var reason: String?
        /// The call that has not returned.
        package var call: GPUCall?
        /// When it was sampled; absent when it never was.
        package var sampled: String?
        /// Seconds since then.
        package var ageSeconds: Double?
        /// Whether it was not read in the latest pass, or its probe does not answer, so that its
        /// values are the last known.
        package var stale: Bool
        /// Temperature of the GPU.
        package var temperatureCelsius: Double?
        /// Power drawn by the board.
        package var powerWatts: Double?
        /// Share of time in which a kernel was running, 0 to 1; not offered with MIG.
        package var utilization: Double?
        /// The total of `ecc_volatile_uncorrected_errors`.
        package var eccUncorrected: UInt64?
        /// NVLinks that the GPU has; 0 where it has none.
        package var linksTotal: Int?
        /// Those that are active or asleep; absent while no state of a link is known.
        package var linksActive: Int?
        /// Those with an error counter above 0; absent while no error counter has a value.
        package var linksWithErrors: Int?
        /// What the driver asks for, in the words of the gauge `recovery_action`.
        package var recoveryAction: String?
        /// The gauges that say of something that it is damaged, such as `remapped_rows_failure`;
        /// absent while none does.
        package var damage: [String]?
        /// Xids of this GPU that are kept, repeats included; absent where none is and the kernel
        /// log is not read, which would tell.
        package var xids: UInt64?

        /// A GPU of which only its place and state are known.
        package init(index: Int, address: String, state: String, stale: Bool) {
            self.index = index
            self.address = address
            self.state = state
            self.stale = stale
        }
    }

    /// A call of libnvidia-ml that has not returned.
    package struct GPUCall: Codable, Hashable, Sendable {
        /// The function of nvml.h.
        package var function: String
        /// What is read with it, as in the metrics of calls.
        package var family: String
        /// How long it has been under way.
        package var seconds: Double
        /// The waiting thread's state (proc_pid_stat(5)), such as `D`; absent when unknown.
        package var kernelState: String?
        /// The kernel function that it waits in (proc_pid_wchan(5)); absent when unknown.
        package var wchan: String?

        /// A call under way.
        package init(
            function: String, family: String, seconds: Double, kernelState: String?,
            wchan: String?
        ) {
            self.function = function
            self.family = family
            self.seconds = seconds
            self.kernelState = kernelState
            self.wchan = wchan
        }
    }
}
