import Model
import Wire

/// Which parts a question is about.
struct PartFilter {
    private let device: String?
    private let end: String?
    private let gpu: String?

    init(_ query: Query) throws(Problem) {
        device = query.device
        end = try query.end()
        gpu = query.gpu
        guard gpu == nil || (device == nil && end == nil) else {
            throw Problem(.badParameter, "gpu excludes device and end, which cables have")
        }
    }

    /// Leaves out the series of other parts; `answers` knows the GPUs that are there.
    func apply(
        to series: inout [some PartSeries], from answers: any Answers
    ) throws(Problem) {
        if let device {
            let known = series.compactMap(\.device)
            guard known.contains(device) else { throw Problem(device: device, among: known) }
            series.removeAll { $0.device != device }
        }
        if let end { series.removeAll { $0.end != end } }
        if let gpu {
            let choice = GPUChoice(gpu, among: answers.gpus().gpus)
            series.removeAll { $0.gpuUuid == nil || $0.gpuUuid != choice.uuid }
            guard choice.summary != nil || !series.isEmpty else { throw choice.problem }
        }
    }
}

/// What says where the part of a series is.
protocol PartSeries {
    var device: String? { get }
    var end: String? { get }
    var gpuUuid: String? { get }
}

extension V1.CounterSeries: PartSeries {}
extension V1.DeltaSeries: PartSeries {}
extension V1.RangeSeries: PartSeries {}

/// The GPU that a text names: by index, UUID or PCI address.
struct GPUChoice {
    /// The GPU; nil when this node has none of that name.
    let summary: V1.GPUSummary?
    /// Its UUID, also that of a GPU which is only known from the past.
    let uuid: String?
    private let text: String
    private let gpus: [V1.GPUSummary]

    init(_ text: String, among gpus: [V1.GPUSummary]) {
        self.text = text
        self.gpus = gpus
        let named = GPUUUID(text)?.description
        let address = PCIAddress(text)?.description
        let summary = gpus.first {
            text == "\($0.index)" || $0.address == address || (named != nil && $0.uuid == named)
        }
        self.summary = summary
        uuid = summary.map { $0.uuid } ?? named
    }

    /// The GPU for a question about its events.
    var gpu: NamedGPU {
        NamedGPU(
            uuid: uuid.flatMap { GPUUUID($0) },
            address: summary.flatMap { PCIAddress($0.address) })
    }

    /// That there is no such GPU, and which there are.
    var problem: Problem {
        let known = gpus.map {
            "\($0.index) (\([$0.address, $0.uuid].compactMap(\.self).joined(separator: ", ")))"
        }
        let list = known.isEmpty ? "none" : known.joined(separator: ", ")
        return Problem(.noSuchGPU, "no GPU is \"\(text)\"; there is: \(list)")
    }
}

extension Problem {
    // A mistyped label must not look like a node without trouble.
    init(device: String, among known: [String]) {
        let labels = known.isEmpty ? "none yet" : Set(known).sorted().joined(separator: ", ")
        self.init(.noSuchDevice, "no device is labelled \"\(device)\"; there is: \(labels)")
    }
}
