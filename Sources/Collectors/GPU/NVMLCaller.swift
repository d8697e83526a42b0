import Model

/// Why reading a GPU ended before everything was read.
enum Interruption: Error, Hashable {
    /// The GPU is to be left alone.
    case stopped
    /// NVML answered with an error that speaks of the whole GPU.
    case lost(GPUFailure)
}

extension GPUFailure {
    /// An error of NVML that speaks of the whole GPU.
    init(_ error: NVMLError) {
        self.init(
            function: error.call, code: error.code.rawValue,
            codeName: error.code.name ?? "CODE_\(error.code.rawValue)")
    }
}

/// Makes a worker's calls, each one announced, and notices when the GPU is not usable any more.
///
/// Confined to the worker's thread.
final class NVMLCaller {
    private let witness: CallWitness

    /// `UNKNOWN` in a row, after which it speaks of the GPU.
    var unknownsBorne = 1
    private var unknownsInARow = 0

    init(witness: CallWitness) {
        self.witness = witness
    }

    /// Forgets what was of another handle.
    func reset() { unknownsInARow = 0 }

    /// Makes a call that is about one GPU; an error of one thing is a result.
    func ask<Value>(
        _ function: String, _ family: CallFamily, _ body: () throws(NVMLError) -> Value
    ) throws(Interruption) -> Result<Value, NVMLError> {
        let result = try make(function, family, body)
        guard case .failure(let error) = result else {
            unknownsInARow = 0
            return result
        }
        try judge(error)
        return result
    }

    /// Makes a call whatever its outcome means.
    func make<Value>(
        _ function: String, _ family: CallFamily, _ body: () throws(NVMLError) -> Value
    ) throws(Interruption) -> Result<Value, NVMLError> {
        guard witness.willCall(function, family) else { throw .stopped }
        do throws(NVMLError) {
            let value = try body()
            witness.didCall(.success)
            return .success(value)
        } catch {
            witness.didCall(error.code)
            return .failure(error)
        }
    }

    /// Throws when the code speaks of the whole GPU.
    private func judge(_ error: NVMLError) throws(Interruption) {
        guard error.code == .unknown else {
            unknownsInARow = 0
            guard error.code.kind != .gpuBad, error.code.kind != .library else {
                throw .lost(GPUFailure(error))
            }
            return
        }
        unknownsInARow += 1
        guard unknownsInARow <= unknownsBorne else { throw .lost(GPUFailure(error)) }
    }
}
