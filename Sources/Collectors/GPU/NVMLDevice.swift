import CNVML

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

    // MARK: Reading

    /// The number that a call writes; the pointer is valid only within `body`.
    @safe func number<Number: FixedWidthInteger>(
        _ call: String, _ body: (UnsafeMutablePointer<Number>) -> Int32?
    ) throws(NVMLError) -> Number {
        var number: Number = 0
        try NVMLError.check(call, unsafe body(&number))
        return number
    }
}
