import CNVML
import Model

/// How a GPU stands with its NVLink fabric (nvmlGpuFabricInfo_v3_t and its older forms).
package struct NVMLFabric: Hashable, Sendable {
    /// The state in which the registration is over; `status` says how it went.
    package static let completed: UInt8 = 3

    /// The multi-node domain, as 32 lowercase hexadecimal digits; nil on a node of its own.
    package let cluster: String?
    /// The clique within the domain.
    package let clique: UInt32
    /// How far the registration with the fabric manager is (nvmlGpuFabricState_t).
    package let state: UInt8
    /// How the registration went; nil until it is completed.
    package let status: NVMLCode?
    /// What is wrong, in bits that depend on the driver's version; nil before driver 550.
    package let healthMask: UInt32?
    /// 1 healthy, 2 unhealthy, 3 limited capacity; nil before driver 580 and where it is not told.
    package let healthSummary: UInt8?

    fileprivate init<UUID: BitwiseCopyable>(
        uuid: UUID, clique: UInt32, state: UInt8, status: UInt32, mask: UInt32?, summary: UInt8?
    ) {
        let octets = unsafe withUnsafeBytes(of: uuid) { unsafe Array($0) }
        let isAlone = octets.allSatisfy { $0 == 0 }
        cluster =
            isAlone ? nil : octets.map { Hexadecimal.padded($0, digits: 2) }.joined()
        self.clique = clique
        self.state = state
        let code = NVMLCode(rawValue: Int32(bitPattern: status))
        self.status = state == Self.completed ? code : nil
        healthMask = mask
        healthSummary = summary == 0 ? nil : summary
    }
}

extension NVMLDevice {
    func fabricThird() throws(NVMLError) -> NVMLFabric {
        var info = fw_nvml_fabric_v3()
        info.version = FW_NVML_FABRIC_V3
        try NVMLError.check(
            "nvmlDeviceGetGpuFabricInfoV",
            unsafe table.nvmlDeviceGetGpuFabricInfoV?(handle, &info))
        return NVMLFabric(
            uuid: info.cluster_uuid, clique: info.clique_id, state: info.state,
            status: info.status, mask: info.health_mask, summary: info.health_summary)
    }

    func fabricSecond() throws(NVMLError) -> NVMLFabric {
        var info = fw_nvml_fabric_v2()
        info.version = FW_NVML_FABRIC_V2
        try NVMLError.check(
            "nvmlDeviceGetGpuFabricInfoV",
            unsafe table.nvmlDeviceGetGpuFabricInfoV?(handle, &info))
        return NVMLFabric(
            uuid: info.cluster_uuid, clique: info.clique_id, state: info.state,
            status: info.status, mask: info.health_mask, summary: nil)
    }

    func fabricFirst() throws(NVMLError) -> NVMLFabric {
        var info = fw_nvml_fabric_v1()
        try NVMLError.check(
            "nvmlDeviceGetGpuFabricInfo",
            unsafe table.nvmlDeviceGetGpuFabricInfo?(handle, &info))
        return NVMLFabric(
            uuid: info.cluster_uuid, clique: info.clique_id, state: info.state,
            status: info.status, mask: nil, summary: nil)
    }
}
