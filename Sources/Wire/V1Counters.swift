extension V1 {
    /// `/api/v1/counters`: every counter of every part, also those that cannot be read.
    package struct Counters: Codable, Hashable, Sendable {
        /// The node's name.
        package var node: String
        /// When the picture was put together.
        package var time: String
        /// The latest pass that is in it; absent before the first.
        package var pass: UInt64?
        /// One entry per part: an end of a cable, a GPU, an NVLink, a PCI function.
        package var series: [CounterSeries]

        /// A counters document.
        package init(node: String, time: String, pass: UInt64?, series: [CounterSeries]) {
            self.node = node
            self.time = time
            self.pass = pass
            self.series = series
        }
    }

    /// The counters of one part.
    package struct CounterSeries: Codable, Hashable, Sendable {
        /// `infiniband_port`, `gpu`, `nvlink` or `pci_function`.
        package var `class`: String?
        /// The label of an InfiniBand device; absent for anything else.
        package var device: String?
        /// The port's number at this node's HCA; likewise.
        package var port: Int?
        /// `local` or `peer`; likewise.
        package var end: String?
        /// The UUID of a GPU; absent for anything else.
        package var gpuUuid: String?
        /// The index of the GPU; likewise.
        package var gpuIndex: Int?
        /// The NVLink's number at the GPU; absent for anything else.
        package var link: Int?
        /// The address of a PCI function; absent for anything else.
        package var address: String?
        /// The part: GUID and port number, the GPU's UUID, with its link where it is one, or the
        /// address of a PCI function.
        package var key: String
        /// When it was sampled; absent when it never was.
        package var sampled: String?
        /// One entry per row of the counter table.
        package var counters: [CounterEntry]

        /// The counters of one part, of which `place` says where it is.
        package init(
            class deviceClass: String?, place: Place, key: String, sampled: String?,
            counters: [CounterEntry]
        ) {
            `class` = deviceClass
            device = place.device
            port = place.port
            end = place.end
            gpuUuid = place.gpuUuid
            gpuIndex = place.gpuIndex
            link = place.link
            address = place.address
            self.key = key
            self.sampled = sampled
            self.counters = counters
        }
    }

    /// One counter of one part.
    package struct CounterEntry: Codable, Hashable, Sendable {
        /// The counter's name.
        package var name: String
        /// `value`, `stale`, `unsupported`, `no_permission` or `failed`.
        package var state: String
        /// The unit of the total.
        package var unit: String
        /// What a rising count speaks against.
        package var accuses: String?
        /// The value, when there is or was one.
        package var value: CounterValue?

        /// A counter.
        package init(
            name: String, state: String, unit: String, accuses: String?, value: CounterValue?
        ) {
            self.name = name
            self.state = state
            self.unit = unit
            self.accuses = accuses
            self.value = value
        }
    }

    /// `/api/v1/deltas`: what was counted between two passes.
    package struct Deltas: Codable, Hashable, Sendable {
        /// The node's name.
        package var node: String
        /// The pass that the window starts after.
        package var from: PassTime
        /// The pass that the window ends with.
        package var to: PassTime
        /// Whether the window reaches back to the point that was asked for; otherwise the history
        /// starts later, and so does the window.
        package var complete: Bool
        /// Passes in the window, `to` included.
        package var passes: Int
        /// The cursor of the following window.
        package var next: String
        /// One entry per part that was known in the window.
        package var series: [DeltaSeries]

        /// A deltas document.
        package init(
            node: String, from: PassTime, to: PassTime, complete: Bool, passes: Int,
            next: String, series: [DeltaSeries]
        ) {
            self.node = node
            self.from = from
            self.to = to
            self.complete = complete
            self.passes = passes
            self.next = next
            self.series = series
        }
    }

    /// A pass and its time.
    package struct PassTime: Codable, Hashable, Sendable {
        /// The number of the pass.
        package var pass: UInt64
        /// When it was collected.
        package var time: String

        /// A pass and its time.
        package init(pass: UInt64, time: String) {
            self.pass = pass
            self.time = time
        }
    }

    /// What one part counted in the window.
    package struct DeltaSeries: Codable, Hashable, Sendable {
        /// `infiniband_port`, `gpu`, `nvlink` or `pci_function`.
        package var `class`: String?
        /// The label of an InfiniBand device; absent for anything else, and for a part that is no
        /// longer connected.
        package var device: String?
        /// The port's number at this node's HCA; likewise.
        package var port: Int?
        /// `local` or `peer`; likewise.
        package var end: String?
        /// The UUID of a GPU; absent for anything else.
        package var gpuUuid: String?
        /// The index of the GPU; absent for anything else, and for a GPU that is gone.
        package var gpuIndex: Int?
        /// The NVLink's number at the GPU; absent for anything else.
        package var link: Int?
        /// The address of a PCI function; absent for anything else.
        package var address: String?
        /// The part: GUID and port number, the GPU's UUID, with its link where it is one, or the
        /// address of a PCI function.
        package var key: String
        /// The sample that the deltas start at; later than the window's start for a part that was
        /// first seen within it.
        package var from: String
        /// The sample that the deltas end at.
        package var to: String
        /// Whether the part was not observed in the window's last pass.
        package var stale: Bool
        /// One entry per counter that the part offers.
        package var counters: [CounterDelta]

        /// The deltas of one part, of which `place` says where it is.
        package init(
            class deviceClass: String?, place: Place, key: String, from: String, to: String,
            stale: Bool, counters: [CounterDelta]
        ) {
            `class` = deviceClass
            device = place.device
            port = place.port
            end = place.end
            gpuUuid = place.gpuUuid
            gpuIndex = place.gpuIndex
            link = place.link
            address = place.address
            self.key = key
            self.from = from
            self.to = to
            self.stale = stale
            self.counters = counters
        }
    }

    /// The increase of one counter.
    package struct CounterDelta: Codable, Hashable, Sendable {
        /// The counter's name.
        package var name: String
        /// The unit of the delta.
        package var unit: String
        /// What the increase speaks against; absent for a counter that is no longer known.
        package var accuses: String?
        /// The increase; absent when nothing can be said.
        package var delta: UInt64?
        /// `exact`, `at_least` or `unknown`.
        package var quality: String
        /// What limits the quality: `saturated`, `cleared`, `restarted` and so on.
        package var reasons: [String]

        /// An increase.
        package init(
            name: String, unit: String, accuses: String?, delta: UInt64?, quality: String,
            reasons: [String]
        ) {
            self.name = name
            self.unit = unit
            self.accuses = accuses
            self.delta = delta
            self.quality = quality
            self.reasons = reasons
        }
    }
}
