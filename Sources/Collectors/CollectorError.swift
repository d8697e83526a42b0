import Glibc
package import Model

/// A call to a device or to the kernel that did not do what it was asked.
package struct CollectorError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was attempted.
    package enum Operation: String, Sendable {
        /// Listing the InfiniBand devices of the node.
        case listDevices = "list the InfiniBand devices"
        /// Reading a device's identity and ports from sysfs.
        case describeDevice = "describe"
        /// Opening the umad device file of a port.
        case openPort = "open the umad device of"
        /// Registering for a management class.
        case register = "register for management datagrams on"
        /// Handing a datagram to the device.
        case send = "send a management datagram on"
        /// Reading the statistics of a network interface.
        case readStatistics = "read the statistics of"
        /// Finding a device and its driver among those of libibverbs.
        case findVerbs = "find the driver for libibverbs (package ibverbs-providers) of"
        /// Opening a verbs device.
        case openVerbs = "listen to the events of"
        /// Reading the events of a verbs device.
        case readVerbs = "read the events of"
        /// Opening the kernel log.
        case openKernelLog = "open the kernel log"
        /// Reading the kernel log.
        case readKernelLog = "read the kernel log"
    }

    /// What was attempted.
    package let operation: Operation
    /// The device, or `device/port`.
    package let subject: String
    /// The error number of the kernel or of libibumad; see errno(3).
    package let code: Int32

    /// An attempt that failed.
    package init(_ operation: Operation, _ subject: String, code: Int32) {
        self.operation = operation
        self.subject = subject
        self.code = code
    }

    /// The cause in the vocabulary of reports.
    package var failure: Failure {
        code == EACCES || code == EPERM ? .noPermission : .transport
    }

    /// Whether the device is gone: what `ib_umad` answers once the kernel has taken it away.
    var isLoss: Bool { code == ENODEV || code == EIO }

    /// One sentence for an operator.
    package var description: String {
        "cannot \(operation.rawValue) \(subject): \(unsafe String(cString: strerror(code)))"
            + " (errno \(code))"
    }
}
