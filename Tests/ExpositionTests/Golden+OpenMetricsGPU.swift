extension Golden {
    /// What a page says of a small GPU and of events in OpenMetrics 1.0.
    static let openMetricsGPU = """
        # HELP fabricwatch_nvml_up Whether libnvidia-ml can be asked and its probe answers.
        # TYPE fabricwatch_nvml_up gauge
        fabricwatch_nvml_up 1
        # HELP fabricwatch_nvml The versions of libnvidia-ml and of the driver.
        # TYPE fabricwatch_nvml info
        fabricwatch_nvml_info{version="13.580.82",driver="580.82.07"} 1
        # HELP fabricwatch_nvml_call_duration_last_seconds Time that the latest call of a family \
        took.
        # TYPE fabricwatch_nvml_call_duration_last_seconds gauge
        fabricwatch_nvml_call_duration_last_seconds{family="link_errors"} 0.0012
        # HELP fabricwatch_nvml_call_duration_max_seconds Time that the longest call of a family \
        took since the probe was started.
        # TYPE fabricwatch_nvml_call_duration_max_seconds gauge
        fabricwatch_nvml_call_duration_max_seconds{family="link_errors"} 2.000000001
        # HELP fabricwatch_nvml_calls Calls made.
        # TYPE fabricwatch_nvml_calls counter
        fabricwatch_nvml_calls_total{family="link_errors"} 144
        # HELP fabricwatch_nvml_call_errors Calls that ended with an error other than that \
        something is not offered.
        # TYPE fabricwatch_nvml_call_errors counter
        fabricwatch_nvml_call_errors_total{family="link_errors"} 0
        # HELP fabricwatch_gpu Who the GPU is.
        # TYPE fabricwatch_gpu info
        fabricwatch_gpu_info{gpu="0",uuid="GPU-11112222-3333-4444-0000-000000000000",\
        pci_address="0000:18:00.0",name="NVIDIA H100 80GB HBM3",serial="1650",\
        board_part="692-2G520",vbios="96.00",inforom="G520.0200",gsp_firmware="580.82",minor="0",\
        module_id="4"} 1
        # HELP fabricwatch_gpu_up Whether the GPU was read in the latest pass.
        # TYPE fabricwatch_gpu_up gauge
        fabricwatch_gpu_up{gpu="0",uuid="GPU-11112222-3333-4444-0000-000000000000"} 1
        # HELP fabricwatch_gpu_slow_calls Calls to the GPU's driver that took longer than the \
        soft deadline.
        # TYPE fabricwatch_gpu_slow_calls counter
        fabricwatch_gpu_slow_calls_total{gpu="0",uuid="GPU-11112222-3333-4444-0000-000000000000"} 0
        # HELP fabricwatch_gpu_last_sample_timestamp_seconds When the GPU was last observed.
        # TYPE fabricwatch_gpu_last_sample_timestamp_seconds gauge
        fabricwatch_gpu_last_sample_timestamp_seconds{gpu="0",\
        uuid="GPU-11112222-3333-4444-0000-000000000000"} 1770000000.5
        # HELP fabricwatch_gpu_xid_errors Errors that the driver reported of the GPU, repeats \
        included.
        # TYPE fabricwatch_gpu_xid_errors counter
        fabricwatch_gpu_xid_errors_total{gpu="0",uuid="GPU-11112222-3333-4444-0000-000000000000",\
        xid="48"} 0
        fabricwatch_gpu_xid_errors_total{gpu="0",uuid="GPU-11112222-3333-4444-0000-000000000000",\
        xid="79"} 1
        # HELP fabricwatch_gpu_counters Counters of the GPU by what the latest step of their total \
        promises, or by why there is none, as for InfiniBand.
        # TYPE fabricwatch_gpu_counters gauge
        fabricwatch_gpu_counters{gpu="0",uuid="GPU-11112222-3333-4444-0000-000000000000",\
        quality="exact"} 3
        fabricwatch_gpu_counters{gpu="0",uuid="GPU-11112222-3333-4444-0000-000000000000",\
        quality="at_least"} 0
        fabricwatch_gpu_counters{gpu="0",uuid="GPU-11112222-3333-4444-0000-000000000000",\
        quality="unknown"} 0
        fabricwatch_gpu_counters{gpu="0",uuid="GPU-11112222-3333-4444-0000-000000000000",\
        quality="failed"} 0
        fabricwatch_gpu_counters{gpu="0",uuid="GPU-11112222-3333-4444-0000-000000000000",\
        quality="no_permission"} 0
        fabricwatch_gpu_counters{gpu="0",uuid="GPU-11112222-3333-4444-0000-000000000000",\
        quality="unsupported"} 35
        # HELP fabricwatch_gpu_ecc_volatile_corrected_errors Memory errors corrected by ECC since \
        the driver was loaded.
        # TYPE fabricwatch_gpu_ecc_volatile_corrected_errors counter
        fabricwatch_gpu_ecc_volatile_corrected_errors_total{gpu="0",\
        uuid="GPU-11112222-3333-4444-0000-000000000000"} 12
        # HELP fabricwatch_gpu_pcie_replays PCIe transactions that were sent again.
        # TYPE fabricwatch_gpu_pcie_replays counter
        fabricwatch_gpu_pcie_replays_total{gpu="0",\
        uuid="GPU-11112222-3333-4444-0000-000000000000"} 0
        # HELP fabricwatch_gpu_energy_joules Energy used since the driver was loaded.
        # TYPE fabricwatch_gpu_energy_joules counter
        fabricwatch_gpu_energy_joules_total{gpu="0",\
        uuid="GPU-11112222-3333-4444-0000-000000000000"} 1234.567
        # HELP fabricwatch_gpu_temperature_celsius Temperature of the GPU.
        # TYPE fabricwatch_gpu_temperature_celsius gauge
        fabricwatch_gpu_temperature_celsius{gpu="0",\
        uuid="GPU-11112222-3333-4444-0000-000000000000"} 41.0
        # HELP fabricwatch_gpu_power_watts Power drawn by the board, averaged over a second on \
        most GPUs.
        # TYPE fabricwatch_gpu_power_watts gauge
        fabricwatch_gpu_power_watts{gpu="0",uuid="GPU-11112222-3333-4444-0000-000000000000"} 312.25
        # HELP fabricwatch_gpu_recovery_action What the driver asks for: 0 nothing, 1 GPU reset, 2 \
        node reboot, 3 drain P2P, 4 drain and reset, 5 recover the IMEX domain.
        # TYPE fabricwatch_gpu_recovery_action gauge
        fabricwatch_gpu_recovery_action{gpu="0",uuid="GPU-11112222-3333-4444-0000-000000000000"} 0
        # HELP fabricwatch_nvlink What the NVLink leads to; the address is empty where it is not \
        on this node's buses.
        # TYPE fabricwatch_nvlink info
        fabricwatch_nvlink_info{gpu="0",uuid="GPU-11112222-3333-4444-0000-000000000000",link="17",\
        remote_kind="switch",remote_address=""} 1
        # HELP fabricwatch_nvlink_counters Counters of all NVLinks of the GPU together by what the \
        latest step of their total promises, or by why there is none, as for InfiniBand.
        # TYPE fabricwatch_nvlink_counters gauge
        fabricwatch_nvlink_counters{gpu="0",uuid="GPU-11112222-3333-4444-0000-000000000000",\
        quality="exact"} 3
        fabricwatch_nvlink_counters{gpu="0",uuid="GPU-11112222-3333-4444-0000-000000000000",\
        quality="at_least"} 0
        fabricwatch_nvlink_counters{gpu="0",uuid="GPU-11112222-3333-4444-0000-000000000000",\
        quality="unknown"} 0
        fabricwatch_nvlink_counters{gpu="0",uuid="GPU-11112222-3333-4444-0000-000000000000",\
        quality="failed"} 0
        fabricwatch_nvlink_counters{gpu="0",uuid="GPU-11112222-3333-4444-0000-000000000000",\
        quality="no_permission"} 0
        fabricwatch_nvlink_counters{gpu="0",uuid="GPU-11112222-3333-4444-0000-000000000000",\
        quality="unsupported"} 36
        # HELP fabricwatch_nvlink_crc_errors Flits received with a CRC error (up to NVLink 4).
        # TYPE fabricwatch_nvlink_crc_errors counter
        fabricwatch_nvlink_crc_errors_total{gpu="0",\
        uuid="GPU-11112222-3333-4444-0000-000000000000",link="17"} 3
        # HELP fabricwatch_nvlink_tx_data_bytes Payload sent.
        # TYPE fabricwatch_nvlink_tx_data_bytes counter
        fabricwatch_nvlink_tx_data_bytes_total{gpu="0",\
        uuid="GPU-11112222-3333-4444-0000-000000000000",link="17"} 2048
        # HELP fabricwatch_nvlink_fec_history_blocks FEC blocks received with this many symbols \
        corrected.
        # TYPE fabricwatch_nvlink_fec_history_blocks counter
        fabricwatch_nvlink_fec_history_blocks_total{gpu="0",\
        uuid="GPU-11112222-3333-4444-0000-000000000000",link="17",bin="1"} 7
        # HELP fabricwatch_nvlink_state State of the link: 0 inactive, 1 active, 2 asleep.
        # TYPE fabricwatch_nvlink_state gauge
        fabricwatch_nvlink_state{gpu="0",uuid="GPU-11112222-3333-4444-0000-000000000000",\
        link="17"} 1
        # HELP fabricwatch_nvlink_speed_bytes_per_second Speed of the link in one direction.
        # TYPE fabricwatch_nvlink_speed_bytes_per_second gauge
        fabricwatch_nvlink_speed_bytes_per_second{gpu="0",\
        uuid="GPU-11112222-3333-4444-0000-000000000000",link="17"} 26562000000.0
        # HELP fabricwatch_kernel_events What the kernel log, NVML and the \
        HCAs told, repeats included, a flap of a link as `link_down`; no \
        device means the node, or what is beyond the 512 pairs of device and number \
        counted apart, or 1024 where alerts ask for the Xid.
        # TYPE fabricwatch_kernel_events counter
        fabricwatch_kernel_events_total{kind="xid",device="0000:18:00.0"} 2
        fabricwatch_kernel_events_total{kind="hung_task",device=""} 1
        # HELP fabricwatch_nvswitch_sxid_errors Errors that the driver reported of an NVSwitch, \
        repeats included.
        # TYPE fabricwatch_nvswitch_sxid_errors counter
        fabricwatch_nvswitch_sxid_errors_total{device="0000:05:00.0",sxid="20034"} 1
        # HELP fabricwatch_kernel_log_up Whether the kernel log is being read.
        # TYPE fabricwatch_kernel_log_up gauge
        fabricwatch_kernel_log_up 1
        # HELP fabricwatch_kernel_log_records Records of the kernel log read.
        # TYPE fabricwatch_kernel_log_records counter
        fabricwatch_kernel_log_records_total 5120
        # HELP fabricwatch_kernel_log_lost_records Records of the kernel log that were overwritten \
        before they were read.
        # TYPE fabricwatch_kernel_log_lost_records counter
        fabricwatch_kernel_log_lost_records_total 0
        # HELP fabricwatch_kernel_log_dropped_events Events that were left out because too many \
        came at once.
        # TYPE fabricwatch_kernel_log_dropped_events counter
        fabricwatch_kernel_log_dropped_events_total 0
        """
}
