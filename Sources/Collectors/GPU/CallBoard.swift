import Glibc
package import Model
import Synchronization

/// What each thread of a probe is calling, in memory that outlives the probe.
///
/// A call that never returns or ends the process leaves its name here, at the cost of a few stores
/// instead of a message per call. The daemon makes the memory, the probe writes, the daemon reads.
package final class CallBoard: Sendable {
    /// Most threads that announce calls: 32 GPUs and the library's own.
    package static let slotCount = 33
    /// The size of the memory in bytes.
    package static let size = slotCount * slotSize

    // Start of the call (8), its address and family (16), the thread (8), the function's name.
    private static let slotSize = 128
    private static let nameOffset = 40
    private static let nameLimit = slotSize - nameOffset - 1

    /// A call that had begun and not ended.
    package struct Call: Hashable, Sendable {
        /// The GPU; nil for calls about the whole library.
        package var address: PCIAddress?
        /// The function of nvml.h.
        package var function: String
        /// What is read with it.
        package var family: CallFamily
        /// When it began, on the boot clock.
        package var startNanoseconds: UInt64
        /// The thread that made it (gettid(2)).
        package var thread: UInt32
    }

    // Mapped for the life of this object; each slot is written by one thread, and every word of it
    // is stored and loaded atomically.
    private let memory: UInt

    /// Maps the memory behind a descriptor, which may be closed afterwards; nil when it cannot be.
    package init?(descriptor: Int32) {
        let address = unsafe mmap(
            nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard unsafe address != MAP_FAILED else { return nil }
        memory = UInt(bitPattern: address)
    }

    deinit {
        unsafe munmap(UnsafeMutableRawPointer(bitPattern: memory), Self.size)
    }

    private func word(_ slot: Int, _ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>>? {
        guard (0..<Self.slotCount).contains(slot) else { return nil }
        let place = memory + UInt(slot * Self.slotSize + 8 * index)
        return unsafe UnsafeMutablePointer(bitPattern: place)
    }

    private func store(_ slot: Int, _ index: Int, _ value: UInt64) {
        guard let word = unsafe word(slot, index) else { return }
        unsafe word.pointee.store(value, ordering: .releasing)
    }

    private func load(_ slot: Int, _ index: Int) -> UInt64 {
        guard let word = unsafe word(slot, index) else { return 0 }
        return unsafe word.pointee.load(ordering: .acquiring)
    }

    // MARK: Writing

    /// Says that a slot's thread is about to make a call.
    package func begin(_ slot: Int, _ call: Call) {
        let place = call.address.map { $0.packed | 1 << 63 } ?? 0
        store(slot, 1, place)
        store(slot, 2, UInt64(call.family.rawValue))
        store(slot, 3, UInt64(call.thread))
        var index = Self.nameOffset / 8
        var bits: UInt64 = 0
        var count = 0
        for byte in call.function.utf8.prefix(Self.nameLimit) {
            bits |= UInt64(byte) << UInt64(8 * (count % 8))
            count += 1
            guard count % 8 == 0 else { continue }
            store(slot, index, bits)
            index += 1
            bits = 0
        }
        store(slot, index, bits)
        store(slot, 4, UInt64(count))
        // Last, because it makes the slot count.
        store(slot, 0, max(call.startNanoseconds, 1))
    }

    /// Says that the call has returned.
    package func end(_ slot: Int) {
        store(slot, 0, 0)
    }

    /// Forgets all calls, those of a process that is gone.
    package func clear() {
        for slot in 0..<Self.slotCount { end(slot) }
    }

    // MARK: Reading

    /// The calls under way, the oldest first.
    package func calls() -> [Call] {
        (0..<Self.slotCount).compactMap(call).sorted { $0.startNanoseconds < $1.startNanoseconds }
    }

    private func call(_ slot: Int) -> Call? {
        let start = load(slot, 0)
        guard start != 0,
            let family = CallFamily(rawValue: UInt8(truncatingIfNeeded: load(slot, 2)))
        else { return nil }
        let count = min(Int(clamping: load(slot, 4)), Self.nameLimit)
        let name = (0..<count).map { index in
            UInt8(
                truncatingIfNeeded: load(slot, (Self.nameOffset + index) / 8)
                    >> UInt64(8 * (index % 8)))
        }
        let place = load(slot, 1)
        return Call(
            address: place >> 63 == 1 ? PCIAddress(packed: place) : nil,
            function: String(decoding: name, as: UTF8.self), family: family,
            startNanoseconds: start, thread: UInt32(truncatingIfNeeded: load(slot, 3)))
    }
}

extension PCIAddress {
    /// The address in one word, of which the uppermost bits stay free.
    var packed: UInt64 {
        UInt64(domain) << 24 | UInt64(bus) << 16 | UInt64(device) << 8 | UInt64(function)
    }

    /// Reads what `packed` gives.
    init(packed: UInt64) {
        self.init(
            domain: UInt32(truncatingIfNeeded: packed >> 24),
            bus: UInt8(truncatingIfNeeded: packed >> 16),
            device: UInt8(truncatingIfNeeded: packed >> 8),
            function: UInt8(truncatingIfNeeded: packed))
    }
}
