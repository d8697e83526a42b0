import CNVML
package import Model

/// A GPU that NVML is attached to.
///
/// The handle is good until the driver is reloaded or the GPU is reset; from then on calls give
/// `UNINITIALIZED` or `GPU_IS_LOST`, and the GPU has to be attached to again by its address.
@safe
// NVML hands out the same handle to every thread and lets all of them use it.
package struct NVMLDevice: Hashable, @unchecked Sendable {
    /// The library that it was attached with.
    package let library: NVMLLibrary

    let handle: fw_nvml_device

    @unsafe init(library: NVMLLibrary, handle: fw_nvml_device) {
        self.library = library
        unsafe self.handle = handle
    }

    /// Whether both are the same handle.
    package static func == (left: NVMLDevice, right: NVMLDevice) -> Bool {
        unsafe left.handle == right.handle
    }

    /// Hashes the handle.
    package func hash(into hasher: inout Hasher) {
        unsafe hasher.combine(handle)
    }

    var table: fw_nvml_table { library.table }

    // MARK: Identity

    /// The UUID, as in `GPU-…`.
    package func uuid() throws(NVMLError) -> String {
        try NVMLText.read("nvmlDeviceGetUUID", FW_NVML_UUID_TEXT) {
            unsafe table.nvmlDeviceGetUUID?(handle, $0, $1)
        }
    }

    /// The serial number of the board.
    package func serial() throws(NVMLError) -> String {
        try NVMLText.read("nvmlDeviceGetSerial", FW_NVML_SERIAL_TEXT) {
            unsafe table.nvmlDeviceGetSerial?(handle, $0, $1)
        }
    }

    /// The name of the product.
    package func name() throws(NVMLError) -> String {
        try NVMLText.read("nvmlDeviceGetName", FW_NVML_NAME_TEXT) {
            unsafe table.nvmlDeviceGetName?(handle, $0, $1)
        }
    }

    /// The part number of the board.
    package func boardPartNumber() throws(NVMLError) -> String {
        try NVMLText.read("nvmlDeviceGetBoardPartNumber", FW_NVML_PART_TEXT) {
            unsafe table.nvmlDeviceGetBoardPartNumber?(handle, $0, $1)
        }
    }

    /// The version of the video BIOS.
    package func vbiosVersion() throws(NVMLError) -> String {
        try NVMLText.read("nvmlDeviceGetVbiosVersion", FW_NVML_VBIOS_TEXT) {
            unsafe table.nvmlDeviceGetVbiosVersion?(handle, $0, $1)
        }
    }

    /// The version of the InfoROM's image.
    package func inforomVersion() throws(NVMLError) -> String {
        try NVMLText.read("nvmlDeviceGetInforomImageVersion", FW_NVML_INFOROM_TEXT) {
            unsafe table.nvmlDeviceGetInforomImageVersion?(handle, $0, $1)
        }
    }

    /// The version of the firmware on the GPU's system processor.
    package func gspFirmwareVersion() throws(NVMLError) -> String {
        // The only text call that is not told how large the buffer is.
        try NVMLText.read("nvmlDeviceGetGspFirmwareVersion", FW_NVML_GSP_TEXT) { text, _ in
            unsafe table.nvmlDeviceGetGspFirmwareVersion?(handle, text)
        }
    }

    /// Its place in the driver's order, from 0.
    package func index() throws(NVMLError) -> UInt32 {
        try number("nvmlDeviceGetIndex") { unsafe table.nvmlDeviceGetIndex?(handle, $0) }
    }

    /// The N of `/dev/nvidiaN`.
    package func minorNumber() throws(NVMLError) -> UInt32 {
        try number("nvmlDeviceGetMinorNumber") {
            unsafe table.nvmlDeviceGetMinorNumber?(handle, $0)
        }
    }

    /// The slot on the baseboard; 0 where there is none.
    package func moduleID() throws(NVMLError) -> UInt32 {
        try number("nvmlDeviceGetModuleId") { unsafe table.nvmlDeviceGetModuleId?(handle, $0) }
    }

    /// The architecture's number: 7 Ampere, 8 Ada, 9 Hopper, 10 Blackwell, 13 Rubin, 0xffffffff for
    /// one that is newer than the library.
    package func architecture() throws(NVMLError) -> UInt32 {
        try number("nvmlDeviceGetArchitecture") {
            unsafe table.nvmlDeviceGetArchitecture?(handle, $0)
        }
    }

    /// Where it sits on the PCI buses; nil where the text that NVML gives is no address.
    package func address() throws(NVMLError) -> PCIAddress? {
        var info = fw_nvml_pci_info()
        try NVMLError.check(
            "nvmlDeviceGetPciInfo_v3", unsafe table.nvmlDeviceGetPciInfo_v3?(handle, &info))
        return PCIAddress(NVMLText.read(array: info.bus_id))
    }

    /// Where it sits in a chassis (Blackwell and later).
    package func platform() throws(NVMLError) -> NVMLPlatform {
        var info = fw_nvml_platform_info()
        info.version = FW_NVML_PLATFORM_INFO_V2
        try NVMLError.check(
            "nvmlDeviceGetPlatformInfo", unsafe table.nvmlDeviceGetPlatformInfo?(handle, &info))
        return NVMLPlatform(
            chassisSerial: NVMLText.read(array: info.chassis_serial), slot: info.slot,
            tray: info.tray, host: info.host_id, moduleID: info.module_id)
    }

    // MARK: Reading

    /// The number that a call writes; the pointer is valid only within `body`.
    @safe func number<Number: FixedWidthInteger>(
        _ call: String, _ body: (UnsafeMutablePointer<Number>) -> Int32?
    ) throws(NVMLError) -> Number {
        var number: Number = 0
        try NVMLError.check(call, unsafe body(&number))
        return number
    }

    /// The newer form of a call, or else the older one where the library or the GPU has not got the
    /// newer one.
    func newest<Value>(
        _ newer: () throws(NVMLError) -> Value, orElse older: () throws(NVMLError) -> Value
    ) throws(NVMLError) -> Value {
        do throws(NVMLError) {
            return try newer()
        } catch {
            let absences: [NVMLCode] = [
                .functionNotFound, .argumentVersionMismatch, .notSupported, .deprecated,
            ]
            guard absences.contains(error.code) else { throw error }
            return try older()
        }
    }
}

/// Where a GPU sits in a chassis (nvmlPlatformInfo_v2_t).
package struct NVMLPlatform: Hashable, Sendable {
    /// The chassis.
    package let chassisSerial: String
    /// The slot of the tray in the chassis.
    package let slot: UInt8
    /// The tray among those of its kind.
    package let tray: UInt8
    /// The host on the tray.
    package let host: UInt8
    /// The GPU on the host.
    package let moduleID: UInt8
}
