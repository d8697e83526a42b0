/// Who an HCA is, as the kernel's files tell; what is nil was not read, or is not offered.
package struct HCAIdentity: Hashable, Sendable {
    /// Where it is plugged in; nil for one that is not a PCI function.
    package var address: PCIAddress?
    /// What it is there for; that of a fabric where nothing says otherwise.
    package var role = HCARole.fabric
    /// The board and its configuration: the PSID, such as `MT_0000000838`.
    package var boardID: String?
    /// The part number of the VPD.
    package var part: String?
    /// The serial number of the VPD.
    package var serial: String?
    /// The driver, and its version where it has its own, such as `mlx5_core 24.10-1.1.4`.
    package var driver: String?

    /// An HCA of which nothing is known.
    package init() {}
}
