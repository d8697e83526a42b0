import CNVML
package import Model

/// An error counter of a link up to NVLink 4.
package enum NVMLLinkError: UInt32, CaseIterable, Sendable {
    /// Packets that were sent again.
    case replay = 0
    /// Retrainings after errors.
    case recovery = 1
    /// Flow control units with a bad checksum.
    case flitCRC = 2
}

/// The links of a GPU are numbered from 0; field 91 says how many there are.
extension NVMLDevice {
    /// Whether the link is active; false in low power, too, which field 165 tells apart.
    package func isLinkActive(_ link: UInt32) throws(NVMLError) -> Bool {
        try number("nvmlDeviceGetNvLinkState") {
            unsafe table.nvmlDeviceGetNvLinkState?(handle, link, $0)
        } != 0
    }

    /// The number of the link's version: 1 is 1.0, 2 2.0, 3 2.2, 4 3.0, 5 3.1, 6 4.0, 7 5.0, 8 6.0.
    package func linkVersion(_ link: UInt32) throws(NVMLError) -> UInt32 {
        try number("nvmlDeviceGetNvLinkVersion") {
            unsafe table.nvmlDeviceGetNvLinkVersion?(handle, link, $0)
        }
    }

    /// The number of the kind of device at the link's other end (nvmlIntNvLinkDeviceType_t).
    package func linkPeer(_ link: UInt32) throws(NVMLError) -> UInt32 {
        try number("nvmlDeviceGetNvLinkRemoteDeviceType") {
            unsafe table.nvmlDeviceGetNvLinkRemoteDeviceType?(handle, link, $0)
        }
    }

    /// Where the link's other end sits on the PCI buses; nil for a switch that is not on them, for
    /// which NVML writes all ones.
    package func linkPeerAddress(_ link: UInt32) throws(NVMLError) -> PCIAddress? {
        var info = fw_nvml_pci_info()
        try NVMLError.check(
            "nvmlDeviceGetNvLinkRemotePciInfo_v2",
            unsafe table.nvmlDeviceGetNvLinkRemotePciInfo_v2?(handle, link, &info))
        return PCIAddress(NVMLText.read(array: info.bus_id))
    }

    /// A counter of the link, which a reset of the counters or of the GPU takes to zero; not
    /// supported from NVLink 5 on.
    package func linkErrorCount(
        _ link: UInt32, _ error: NVMLLinkError
    ) throws(NVMLError) -> UInt64 {
        try number("nvmlDeviceGetNvLinkErrorCounter") {
            unsafe table.nvmlDeviceGetNvLinkErrorCounter?(handle, link, error.rawValue, $0)
        }
    }
}
