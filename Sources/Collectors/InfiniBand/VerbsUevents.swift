import CInfiniBand
import Glibc

/// What the kernel tells of devices that come and go (netlink(7), NETLINK_KOBJECT_UEVENT).
final class VerbsUevents {
    // Those of the kernel; udev repeats them in another group.
    private static let kernelGroup: UInt32 = 1
    // A message is at most 2 KiB of properties and a path (Linux, UEVENT_BUFFER_SIZE).
    private static let messageLimit = 8192

    /// What poll(2) can wait for.
    let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: messageLimit)

    /// Nil when the process may not have such a socket.
    init?() {
        descriptor = fw_uevent_socket()
        guard descriptor >= 0 else { return nil }
        var address = sockaddr_nl()
        address.nl_family = sa_family_t(AF_NETLINK)
        address.nl_groups = Self.kernelGroup
        let size = socklen_t(MemoryLayout<sockaddr_nl>.size)
        let isBound = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, size) == 0
            }
        }
        guard isBound else {
            close(descriptor)
            return nil
        }
    }

    deinit {
        close(descriptor)
    }

    /// What it tells of verbs nodes, without waiting.
    func read() -> [VerbsHotplug] {
        var news: [VerbsHotplug] = []
        while true {
            var sender = sockaddr_nl()
            var size = socklen_t(MemoryLayout<sockaddr_nl>.size)
            let count = unsafe withUnsafeMutablePointer(to: &sender) {
                unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe recvfrom(descriptor, &buffer, buffer.count, 0, $0, &size)
                }
            }
            guard count >= 0 else {
                if errno == EINTR { continue }
                if errno == ENOBUFS { news.append(.overflow) }
                return news
            }
            // Anybody with the right to may send here; only the kernel has the number 0.
            guard sender.nl_pid == 0 else { continue }
            if let entry = VerbsHotplug(uevent: buffer[..<count]) { news.append(entry) }
        }
    }
}

extension VerbsHotplug {
    private static let nodeLimit = 64

    /// Reads a message of the kernel; nil when it is about something else.
    ///
    /// `remove@PATH`, a zero, and properties that each end with a zero: `ACTION=remove`,
    /// `SUBSYSTEM=infiniband_verbs`, `DEVPATH=PATH`.
    package init?(uevent bytes: ArraySlice<UInt8>) {
        var action: Substring = ""
        var node: Substring = ""
        var isVerbs = false
        for piece in bytes.split(separator: 0) {
            let text = String(decoding: piece, as: UTF8.self)
            guard let equals = text.firstIndex(of: "=") else { continue }
            let value = text[text.index(after: equals)...]
            switch text[..<equals] {
            case "ACTION": action = value
            case "SUBSYSTEM": isVerbs = value == "infiniband_verbs"
            case "DEVPATH": node = value.split(separator: "/").last ?? ""
            default: break
            }
        }
        guard isVerbs, !node.isEmpty, node.utf8.count <= Self.nodeLimit else { return nil }
        self = action == "remove" ? .removed(node: String(node)) : .changed(node: String(node))
    }
}
