/// What the driver may ask for to recover a GPU, in the gauge of that name and with Xid 154 (nvml.h
/// nvmlDeviceGpuRecoveryAction_t).
package struct RecoveryAction: Sendable {
    /// The driver's number.
    package let code: UInt32
    /// What it is, in the gauge's words.
    package let word: String
    /// What to do, a sentence.
    package let instruction: String
    /// The class of that.
    package let remedy: Remedy

    private init(
        _ code: UInt32, _ word: String, _ instruction: String, _ remedy: Remedy
    ) {
        self.code = code
        self.word = word
        self.instruction = instruction
        self.remedy = remedy
    }

    /// All of them, by number.
    package static let all = [
        RecoveryAction(0, "nothing", "Nothing is to be done.", .none),
        RecoveryAction(
            1, "GPU reset", "Drain the GPU, then nvidia-smi --gpu-reset -i N.", .resetGPU),
        RecoveryAction(2, "node reboot", "Drain the node, then reboot it.", .reboot),
        RecoveryAction(3, "drain P2P", "Drain the jobs that use NVLink on it.", .application),
        RecoveryAction(
            4, "drain and reset", "Drain the node, then nvidia-smi --gpu-reset -i N.", .resetGPU),
        RecoveryAction(
            5, "recover the IMEX domain", "Restart IMEX on the nodes of the domain.",
            .application),
    ]

    /// The one with a number; nil for one that a newer driver asks for.
    package init?(code: UInt64) {
        guard let known = Self.all.first(where: { UInt64($0.code) == code }) else { return nil }
        self = known
    }
}
