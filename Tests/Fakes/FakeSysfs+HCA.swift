import Foundation
import Model

/// Vital product data as an HCA has them.
package struct FakeProductData {
    /// The product's name.
    package var name = "NVIDIA ConnectX-7 HHHL Adapter Card, 400GbE / NDR IB, PCIe 5.0 x16"
    /// The fields of the read-only part, in order, without the checksum.
    package var fields: [(keyword: String, value: String)]
    /// Those of the writable part.
    package var writable: [(keyword: String, value: String)] = []

    /// A card that is for sale.
    package init(part: String = "MCX75310AAS-NEAT", serial: String = "MT2317XZ0A4K") {
        fields = [
            ("PN", part), ("EC", "A5"), ("V2", "MCX75310AAS-NEAT"), ("SN", serial),
            ("V3", "b2a9f1c0d6d3ed118000946dae000000"),
            ("VA", "MLX:MN=MLNX:CSKU=V2:UUID=V3:PCI=V0:MODL=CX75310"), ("V0", "PCIeGen5 x16"),
        ]
    }

    /// A function that serves NVSwitches (HGX B200).
    package static var nvswitch: FakeProductData {
        var data = FakeProductData(part: "692-9X770-00SE-IS0", serial: "MT2422600RKM")
        data.fields[4] = ("V3", "SMDL=SW_MNG")
        return data
    }

    /// The octets, checksum included.
    package var octets: [UInt8] {
        var octets = Self.resource(0x82, Array(name.utf8))
        let body = fields.flatMap { Self.field($0.keyword, Array($0.value.utf8)) }
        // The checksum and one spare octet.
        let length = body.count + 5
        octets += [0x90, UInt8(length & 0xFF), UInt8(length >> 8)] + body
        octets += [UInt8(ascii: "R"), UInt8(ascii: "V"), 2]
        octets.append(0 &- octets.reduce(0, &+))
        octets.append(0)
        if !writable.isEmpty {
            let fields = writable.flatMap { Self.field($0.keyword, Array($0.value.utf8)) }
            octets += Self.resource(0x91, fields)
        }
        return octets + [0x78]
    }

    private static func resource(_ tag: UInt8, _ body: [UInt8]) -> [UInt8] {
        [tag, UInt8(body.count & 0xFF), UInt8(body.count >> 8)] + body
    }

    private static func field(_ keyword: String, _ value: [UInt8]) -> [UInt8] {
        Array(keyword.utf8) + [UInt8(value.count)] + value
    }
}

extension FakeSysfs {
    /// Writes what tells who an HCA is; what is nil is not there.
    package func identify(
        _ address: PCIAddress, _ name: String, boardID: String? = "MT_0000000838",
        product: FakeProductData? = FakeProductData(), driver: String = "mlx5_core",
        version: String? = nil
    ) throws {
        if let boardID { try set(address, "infiniband/\(name)/board_id", boardID) }
        if let product { try put(address, "vpd", product.octets) }
        let module = "\(root)/module/\(driver)"
        try FileManager.default.createDirectory(
            atPath: module, withIntermediateDirectories: true)
        if let version {
            try "\(version)\n".write(
                toFile: module + "/version", atomically: true, encoding: .utf8)
        }
        try link(address, "driver", to: "\(root)/bus/pci/drivers/\(driver)")
    }

    /// The HCAs of `addDGX` by name: mlx5_0 to mlx5_7 for InfiniBand, mlx5_8 and mlx5_9 for
    /// Ethernet.
    package static let dgxHCAs: [(name: String, address: PCIAddress)] =
        ([0x19, 0x2B, 0x3B, 0x5E, 0x9B, 0xAC, 0xBB, 0xDC, 0x21, 0xA1] as [UInt8]).enumerated()
        .map { ("mlx5_\($0)", address($1)) }
}
