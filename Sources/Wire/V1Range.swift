extension V1 {
    /// `/api/v1/range`: what became of counters and gauges step by step.
    package struct Range: Codable, Hashable, Sendable {
        /// The node's name.
        package var node: String
        /// The pass that the window starts after.
        package var from: PassTime
        /// The pass that the window ends with.
        package var to: PassTime
        /// Whether the window reaches back to the point that was asked for.
        package var complete: Bool
        /// `last`, `min`, `max`, `increase` or `rate`.
        package var function: String
        /// The length of a step; absent where each pass is one.
        package var stepSeconds: Double?
        /// One entry for each counter or gauge of each part that was asked for.
        package var series: [RangeSeries]

        /// A range document.
        package init(
            node: String, from: PassTime, to: PassTime, complete: Bool, function: String,
            stepSeconds: Double?, series: [RangeSeries]
        ) {
            self.node = node
            self.from = from
            self.to = to
            self.complete = complete
            self.function = function
            self.stepSeconds = stepSeconds
            self.series = series
        }
    }

    /// One counter or gauge of one part, step by step.
    package struct RangeSeries: Codable, Hashable, Sendable {
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
        /// The part, as in `DeltaSeries`.
        package var key: String
        /// The name of the counter or gauge.
        package var name: String
        /// The unit of the values; that of a rate is this for each second.
        package var unit: String
        /// What a rising count speaks against; absent for a gauge.
        package var accuses: String?
        /// One entry for each step with a pass that says something, in their order.
        package var points: [RangePoint] = []

        /// A counter or gauge without points, of which `place` says where it is.
        package init(
            class deviceClass: String?, place: Place, key: String, name: String, unit: String,
            accuses: String?
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
            self.name = name
            self.unit = unit
            self.accuses = accuses
        }
    }

    /// What is said of one step.
    package struct RangePoint: Codable, Hashable, Sendable {
        /// The end of the step, which belongs to it.
        package var time: String
        /// The value; absent when nothing can be said.
        package var value: Number?
        /// `exact`, `at_least` or `unknown`; absent for a gauge.
        package var quality: String?
        /// What limits the quality; absent where nothing does.
        package var reasons: [String]?

        /// A point.
        package init(time: String, value: Number?, quality: String?, reasons: [String]?) {
            self.time = time
            self.value = value
            self.quality = quality
            self.reasons = reasons
        }
    }

    /// A number in JSON: a count stays an integer of 64 bits.
    package enum Number: Codable, Hashable, Sendable {
        /// A count.
        case integer(UInt64)
        /// Anything with a fraction or a sign.
        case decimal(Double)

        /// Reads whichever fits.
        package init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let value = try? container.decode(UInt64.self) {
                self = .integer(value)
            } else {
                self = .decimal(try container.decode(Double.self))
            }
        }

        /// Writes the number alone.
        package func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .integer(let value): try container.encode(value)
            case .decimal(let value): try container.encode(value)
            }
        }
    }
}
