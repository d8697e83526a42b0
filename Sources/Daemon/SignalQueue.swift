import CLinux
import Glibc

/// The signals that the daemon waits for, as a descriptor (signalfd(2)).
final class SignalQueue {
    let descriptor: Int32

    /// Blocks the signals in this thread and in those it will start; to be called before any is.
    init() {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGCHLD] { unsafe sigaddset(&set, signal) }
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
        signal(SIGHUP, SIG_IGN)
        descriptor = unsafe fw_signal_descriptor(&set)
    }

    deinit { close(descriptor) }

    /// Whether one of the signals that have arrived asks to stop.
    func isStopRequested(_ ready: Set<Int32>) -> Bool {
        guard ready.contains(descriptor) else { return false }
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        var isStop = false
        while unsafe read(descriptor, &info, size) == size {
            isStop = isStop || info.ssi_signo != UInt32(SIGCHLD)
        }
        return isStop
    }
}
