import CNVML
import Testing

/// The numbers that the driver's ABI has, written down apart from the header that asserts them.
@Suite struct NVMLLayoutTests {
    @Test func `structs have the sizes of the library's`() {
        #expect(MemoryLayout<fw_nvml_pci_info>.size == 68)
        #expect(MemoryLayout<fw_nvml_field_value>.size == 40)
        #expect(MemoryLayout<fw_nvml_sram_ecc>.size == 104)
        #expect(MemoryLayout<fw_nvml_row_remapper_histogram>.size == 20)
        #expect(MemoryLayout<fw_nvml_fabric_v1>.size == 28)
        #expect(MemoryLayout<fw_nvml_fabric_v2>.size == 36)
        #expect(MemoryLayout<fw_nvml_fabric_v3>.size == 40)
        #expect(MemoryLayout<fw_nvml_event_data>.size == 32)
        #expect(MemoryLayout<fw_nvml_utilization>.size == 8)
        #expect(MemoryLayout<fw_nvml_memory_v2>.size == 40)
        #expect(MemoryLayout<fw_nvml_temperature>.size == 12)
    }

    @Test func `version words name the size and the layout`() {
        #expect(FW_NVML_SRAM_ECC_V1 == 0x0100_0068)
        #expect(FW_NVML_FABRIC_V2 == 0x0200_0024)
        #expect(FW_NVML_FABRIC_V3 == 0x0300_0028)
        #expect(FW_NVML_MEMORY_V2 == 0x0200_0028)
        #expect(FW_NVML_TEMPERATURE_V1 == 0x0100_000c)
    }

    @Test func `members of a PCI address stand where the library writes them`() {
        typealias Info = MemoryLayout<fw_nvml_pci_info>
        #expect(Info.offset(of: \.bus_id_legacy) == 0)
        #expect(Info.offset(of: \.domain) == 16)
        #expect(Info.offset(of: \.bus) == 20)
        #expect(Info.offset(of: \.device) == 24)
        #expect(Info.offset(of: \.pci_device_id) == 28)
        #expect(Info.offset(of: \.pci_subsystem_id) == 32)
        #expect(Info.offset(of: \.bus_id) == 36)
    }

    @Test func `members of a field stand where the library writes them`() {
        typealias Field = MemoryLayout<fw_nvml_field_value>
        #expect(Field.offset(of: \.field_id) == 0)
        #expect(Field.offset(of: \.scope_id) == 4)
        #expect(Field.offset(of: \.timestamp_us) == 8)
        #expect(Field.offset(of: \.latency_us) == 16)
        #expect(Field.offset(of: \.value_type) == 24)
        #expect(Field.offset(of: \.code) == 28)
        #expect(Field.offset(of: \.value) == 32)
        #expect(Field.alignment == 8)
        #expect(Field.stride == 40)
    }

    @Test func `members of memory health stand where the library writes them`() {
        typealias SRAM = MemoryLayout<fw_nvml_sram_ecc>
        #expect(SRAM.offset(of: \.aggregate_uncorrectable_parity) == 8)
        #expect(SRAM.offset(of: \.aggregate_uncorrectable_secded) == 16)
        #expect(SRAM.offset(of: \.aggregate_correctable) == 24)
        #expect(SRAM.offset(of: \.volatile_uncorrectable_parity) == 32)
        #expect(SRAM.offset(of: \.volatile_uncorrectable_secded) == 40)
        #expect(SRAM.offset(of: \.volatile_correctable) == 48)
        #expect(SRAM.offset(of: \.bucket_l2) == 56)
        #expect(SRAM.offset(of: \.bucket_sm) == 64)
        #expect(SRAM.offset(of: \.bucket_pcie) == 72)
        #expect(SRAM.offset(of: \.bucket_mcu) == 80)
        #expect(SRAM.offset(of: \.bucket_other) == 88)
        #expect(SRAM.offset(of: \.threshold_exceeded) == 96)
        #expect(MemoryLayout<fw_nvml_row_remapper_histogram>.offset(of: \.none) == 16)
        typealias Memory = MemoryLayout<fw_nvml_memory_v2>
        #expect(Memory.offset(of: \.total) == 8)
        #expect(Memory.offset(of: \.reserved) == 16)
        #expect(Memory.offset(of: \.free) == 24)
        #expect(Memory.offset(of: \.used) == 32)
    }

    @Test func `members of the fabric stand where the library writes them`() {
        typealias First = MemoryLayout<fw_nvml_fabric_v1>
        #expect(First.offset(of: \.status) == 16)
        #expect(First.offset(of: \.clique_id) == 20)
        #expect(First.offset(of: \.state) == 24)
        typealias Third = MemoryLayout<fw_nvml_fabric_v3>
        #expect(Third.offset(of: \.cluster_uuid) == 4)
        #expect(Third.offset(of: \.status) == 20)
        #expect(Third.offset(of: \.clique_id) == 24)
        #expect(Third.offset(of: \.state) == 28)
        #expect(Third.offset(of: \.health_mask) == 32)
        #expect(Third.offset(of: \.health_summary) == 36)
        #expect(MemoryLayout<fw_nvml_fabric_v2>.offset(of: \.health_mask) == 32)
    }

    @Test func `members of events and temperature stand where the library writes them`() {
        typealias Event = MemoryLayout<fw_nvml_event_data>
        #expect(Event.offset(of: \.event_type) == 8)
        #expect(Event.offset(of: \.event_data) == 16)
        #expect(Event.offset(of: \.gpu_instance_id) == 24)
        #expect(Event.offset(of: \.compute_instance_id) == 28)
        #expect(MemoryLayout<fw_nvml_temperature>.offset(of: \.sensor) == 4)
        #expect(MemoryLayout<fw_nvml_temperature>.offset(of: \.celsius) == 8)
    }
}
