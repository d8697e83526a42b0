import Model
import Synchronization

/// The library and its event set, once they are open.
///
/// For worker threads alone: even letting go of the event set is a call of NVML.
final class GPUDriver: Sendable {
    struct Content: Sendable {
        let library: NVMLLibrary
        let events: GPUEvents?
    }

    /// Lets go of what is open at the end of its owner, on that thread.
    final class Lease {
        private let driver: GPUDriver

        init(_ driver: GPUDriver) {
            self.driver = driver
        }

        deinit { driver.set(nil) }
    }

    private let content = Mutex<Content?>(nil)

    /// What is open; nil before that.
    var current: Content? { content.withLock { $0 } }

    /// Gives it to all workers, or takes it from them.
    func set(_ new: Content?) {
        // Let go of outside the lock, because of the call.
        let old = content.withLock { content in
            let old = content
            content = new
            return old
        }
        withExtendedLifetime(old) {}
    }
}

/// An event set, and the addresses of the GPUs that are registered with it.
// NVML lets every thread use an event set; the rest is behind a lock.
final class GPUEvents: @unchecked Sendable {
    let set: NVMLEventSet

    private let addresses = Mutex<[NVMLDevice: PCIAddress]>([:])
    private let broken = Atomic(false)

    init(library: NVMLLibrary) throws(NVMLError) {
        set = try NVMLEventSet(library: library)
    }

    /// Whether it is of no use any more.
    var isBroken: Bool {
        get { broken.load(ordering: .acquiring) }
        set { broken.store(newValue, ordering: .releasing) }
    }

    /// Says where the GPU of a handle is.
    func name(_ device: NVMLDevice, _ address: PCIAddress) {
        addresses.withLock { $0[device] = address }
    }

    /// Where the GPU of a handle is; nil when it was never said.
    func address(_ device: NVMLDevice) -> PCIAddress? {
        addresses.withLock { $0[device] }
    }
}
