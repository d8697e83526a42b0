import CLinux
import Collectors
import Glibc

/// The call board of a probe, with the descriptor that the probe maps it from.
final class SharedBoard {
    let descriptor: Int32
    let board: CallBoard

    /// Makes the memory; nil when the kernel has none.
    init?() {
        let file = unsafe fw_memory("fabricwatch-calls")
        guard file >= 0 else { return nil }
        guard ftruncate(file, off_t(CallBoard.size)) == 0, let board = CallBoard(descriptor: file)
        else {
            close(file)
            return nil
        }
        descriptor = file
        self.board = board
    }

    deinit {
        close(descriptor)
    }
}
