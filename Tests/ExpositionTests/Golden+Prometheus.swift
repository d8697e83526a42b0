extension Golden {
    /// The page of a small node in text format 0.0.4.
    static let prometheus = """
        # HELP fabricwatch_up Whether every probe answered in time; 0 without a probe.
        # TYPE fabricwatch_up gauge
        fabricwatch_up 1
        # HELP fabricwatch_build_info The daemon's version.
        # TYPE fabricwatch_build_info gauge
        fabricwatch_build_info{version="0.1.0"} 1
        # HELP fabricwatch_health_verdict The verdict over the node: 1 for the one that holds.
        # TYPE fabricwatch_health_verdict gauge
        fabricwatch_health_verdict{verdict="PASS"} 0
        fabricwatch_health_verdict{verdict="INFO"} 0
        fabricwatch_health_verdict{verdict="WARNING"} 1
        fabricwatch_health_verdict{verdict="UNKNOWN"} 0
        fabricwatch_health_verdict{verdict="CRITICAL"} 0
        # HELP fabricwatch_health_condition A condition that holds; empty labels do not apply.
        # TYPE fabricwatch_health_condition gauge
        fabricwatch_health_condition{condition="ib_link_down",severity="CRITICAL",\
        device="rail1",port="1",end="",collector="",gpu="",uuid="",xid=""} 1
        fabricwatch_health_condition{condition="probe_stale",severity="UNKNOWN",device="",\
        port="",end="",collector="infiniband",gpu="",uuid="",xid=""} 1
        # HELP fabricwatch_health_condition_acknowledged A condition that holds, and that somebody \
        has taken notice of as bad as it is; the labels are those of fabricwatch_health_condition.
        # TYPE fabricwatch_health_condition_acknowledged gauge
        fabricwatch_health_condition_acknowledged{condition="ib_link_down",severity="CRITICAL",\
        device="rail1",port="1",end="",collector="",gpu="",uuid="",xid=""} 1
        # HELP fabricwatch_maintenance_active How many announced times of work are going on, on \
        the whole node or on parts of it.
        # TYPE fabricwatch_maintenance_active gauge
        fabricwatch_maintenance_active{scope="node"} 0
        fabricwatch_maintenance_active{scope="part"} 0
        # HELP fabricwatch_collector_up Whether the probe's latest turn was answered in time.
        # TYPE fabricwatch_collector_up gauge
        fabricwatch_collector_up{collector="infiniband"} 1
        # HELP fabricwatch_collector_duration_seconds Time that the probe's latest pass took.
        # TYPE fabricwatch_collector_duration_seconds gauge
        fabricwatch_collector_duration_seconds{collector="infiniband"} 0.004211
        # HELP fabricwatch_collector_last_success_timestamp_seconds When the probe's latest \
        pass was collected.
        # TYPE fabricwatch_collector_last_success_timestamp_seconds gauge
        fabricwatch_collector_last_success_timestamp_seconds{collector="infiniband"} \
        1770000000.5
        # HELP fabricwatch_collector_restarts_total Times the probe process was started again.
        # TYPE fabricwatch_collector_restarts_total counter
        fabricwatch_collector_restarts_total{collector="infiniband"} 2
        # HELP fabricwatch_collector_slow_turns_total Turns that the probe answered after the \
        soft deadline or not at all.
        # TYPE fabricwatch_collector_slow_turns_total counter
        fabricwatch_collector_slow_turns_total{collector="infiniband"} 1
        # HELP fabricwatch_collector_skipped_turns_total Turns that were left out because the \
        probe was busy or not running, or the daemon late.
        # TYPE fabricwatch_collector_skipped_turns_total counter
        fabricwatch_collector_skipped_turns_total{collector="infiniband"} 0
        # HELP fabricwatch_collector_cpu_seconds_total Processor time of the probe processes, \
        ended ones included.
        # TYPE fabricwatch_collector_cpu_seconds_total counter
        fabricwatch_collector_cpu_seconds_total{collector="infiniband"} 0.25
        # HELP fabricwatch_collector_resident_memory_bytes Resident memory of the probe process.
        # TYPE fabricwatch_collector_resident_memory_bytes gauge
        fabricwatch_collector_resident_memory_bytes{collector="infiniband"} 4194304
        # HELP fabricwatch_mad_sent_total Datagrams handed to the device, repeats included.
        # TYPE fabricwatch_mad_sent_total counter
        fabricwatch_mad_sent_total{collector="infiniband"} 20
        # HELP fabricwatch_mad_received_total Answers that were used.
        # TYPE fabricwatch_mad_received_total counter
        fabricwatch_mad_received_total{collector="infiniband"} 18
        # HELP fabricwatch_mad_retries_total Datagrams sent again after no answer.
        # TYPE fabricwatch_mad_retries_total counter
        fabricwatch_mad_retries_total{collector="infiniband"} 1
        # HELP fabricwatch_mad_timeouts_total Questions given up after the last try.
        # TYPE fabricwatch_mad_timeouts_total counter
        fabricwatch_mad_timeouts_total{collector="infiniband"} 1
        # HELP fabricwatch_mad_late_total Answers that came too late or twice, and were dropped.
        # TYPE fabricwatch_mad_late_total counter
        fabricwatch_mad_late_total{collector="infiniband"} 0
        # HELP fabricwatch_mad_refused_total Answers with an error status.
        # TYPE fabricwatch_mad_refused_total counter
        fabricwatch_mad_refused_total{collector="infiniband"} 0
        # HELP fabricwatch_mad_send_failures_total Datagrams that the device would not take.
        # TYPE fabricwatch_mad_send_failures_total counter
        fabricwatch_mad_send_failures_total{collector="infiniband"} 0
        # HELP fabricwatch_infiniband_port_info Who the port of this node is.
        # TYPE fabricwatch_infiniband_port_info gauge
        fabricwatch_infiniband_port_info{device="rail0",port="1",guid="0x00000000000000a0",\
        port_guid="0x00000000000000a1",kernel_device="mlx5_0",description="node1 HCA-1",\
        firmware="28.39.1002",model="MT4129",rail="0",link_layer="InfiniBand",\
        role="fabric"} 1
        # HELP fabricwatch_infiniband_peer_info Who is at the other end of the cable.
        # TYPE fabricwatch_infiniband_peer_info gauge
        fabricwatch_infiniband_peer_info{device="rail0",port="1",peer_guid="0x00000000000000b0",\
        peer_port="5",peer_description="leaf01",peer_type="switch"} 1
        # HELP fabricwatch_infiniband_port_state PortState: 1 down, 2 init, 3 armed, 4 active.
        # TYPE fabricwatch_infiniband_port_state gauge
        fabricwatch_infiniband_port_state{device="rail0",port="1",end="local"} 4
        fabricwatch_infiniband_port_state{device="rail0",port="1",end="peer"} 4
        # HELP fabricwatch_infiniband_port_physical_state PortPhysicalState: 1 sleep, 2 polling,\
         3 disabled, 4 training, 5 link up, 6 link error recovery, 7 PHY test.
        # TYPE fabricwatch_infiniband_port_physical_state gauge
        fabricwatch_infiniband_port_physical_state{device="rail0",port="1",end="local"} 5
        fabricwatch_infiniband_port_physical_state{device="rail0",port="1",end="peer"} 5
        # HELP fabricwatch_infiniband_link_width_lanes Lanes in use; absent while the link is \
        down or they are unknown.
        # TYPE fabricwatch_infiniband_link_width_lanes gauge
        fabricwatch_infiniband_link_width_lanes{device="rail0",port="1",end="local"} 4
        fabricwatch_infiniband_link_width_lanes{device="rail0",port="1",end="peer"} 4
        # HELP fabricwatch_infiniband_link_rate_bytes_per_second Signalling rate of the link; \
        absent while the link is down or it is unknown.
        # TYPE fabricwatch_infiniband_link_rate_bytes_per_second gauge
        fabricwatch_infiniband_link_rate_bytes_per_second{device="rail0",port="1",end="local"} \
        53125000000
        fabricwatch_infiniband_link_rate_bytes_per_second{device="rail0",port="1",end="peer"} \
        53125000000
        # HELP fabricwatch_infiniband_end_up Whether everything that this end offers was read \
        in the latest pass.
        # TYPE fabricwatch_infiniband_end_up gauge
        fabricwatch_infiniband_end_up{device="rail0",port="1",end="local"} 1
        fabricwatch_infiniband_end_up{device="rail0",port="1",end="peer"} 1
        # HELP fabricwatch_infiniband_end_last_sample_timestamp_seconds When this end was last \
        observed.
        # TYPE fabricwatch_infiniband_end_last_sample_timestamp_seconds gauge
        fabricwatch_infiniband_end_last_sample_timestamp_seconds{device="rail0",port="1",\
        end="local"} 1770000000.5
        fabricwatch_infiniband_end_last_sample_timestamp_seconds{device="rail0",port="1",\
        end="peer"} 1770000000.5
        # HELP fabricwatch_infiniband_counters Counters of this end by what the latest step of \
        their total promises: exact, at_least, unknown; or by why there is none: failed, \
        no_permission, unsupported.
        # TYPE fabricwatch_infiniband_counters gauge
        fabricwatch_infiniband_counters{device="rail0",port="1",end="local",quality="exact"} 3
        fabricwatch_infiniband_counters{device="rail0",port="1",end="local",quality="at_least"} \
        0
        fabricwatch_infiniband_counters{device="rail0",port="1",end="local",quality="unknown"} 0
        fabricwatch_infiniband_counters{device="rail0",port="1",end="local",quality="failed"} 0
        fabricwatch_infiniband_counters{device="rail0",port="1",end="local",\
        quality="no_permission"} 0
        fabricwatch_infiniband_counters{device="rail0",port="1",end="local",\
        quality="unsupported"} 135
        fabricwatch_infiniband_counters{device="rail0",port="1",end="peer",quality="exact"} 3
        fabricwatch_infiniband_counters{device="rail0",port="1",end="peer",quality="at_least"} 0
        fabricwatch_infiniband_counters{device="rail0",port="1",end="peer",quality="unknown"} 0
        fabricwatch_infiniband_counters{device="rail0",port="1",end="peer",quality="failed"} 0
        fabricwatch_infiniband_counters{device="rail0",port="1",end="peer",\
        quality="no_permission"} 0
        fabricwatch_infiniband_counters{device="rail0",port="1",end="peer",\
        quality="unsupported"} 135
        # HELP fabricwatch_infiniband_saturated_counters Counters of this end that are full and \
        count no more.
        # TYPE fabricwatch_infiniband_saturated_counters gauge
        fabricwatch_infiniband_saturated_counters{device="rail0",port="1",end="local"} 0
        fabricwatch_infiniband_saturated_counters{device="rail0",port="1",end="peer"} 0
        # HELP fabricwatch_infiniband_symbol_error_total Symbol errors received on one or more \
        lanes, left after FEC and link-level retry.
        # TYPE fabricwatch_infiniband_symbol_error_total counter
        fabricwatch_infiniband_symbol_error_total{device="rail0",port="1",end="local"} 3
        fabricwatch_infiniband_symbol_error_total{device="rail0",port="1",end="peer"} \
        18446744073709551615
        # HELP fabricwatch_infiniband_link_downed_total Times link error recovery failed and \
        the link went down.
        # TYPE fabricwatch_infiniband_link_downed_total counter
        fabricwatch_infiniband_link_downed_total{device="rail0",port="1",end="peer"} 0
        # HELP fabricwatch_infiniband_port_xmit_data_bytes_total Data transmitted on all \
        virtual lanes, link packets left out.
        # TYPE fabricwatch_infiniband_port_xmit_data_bytes_total counter
        fabricwatch_infiniband_port_xmit_data_bytes_total{device="rail0",port="1",end="local"} \
        4000
        fabricwatch_infiniband_port_xmit_data_bytes_total{device="rail0",port="1",end="peer"} \
        18446744073709551615
        # HELP fabricwatch_infiniband_fec_corrected_symbols_total RS-FEC symbols received in \
        error on one lane and corrected.
        # TYPE fabricwatch_infiniband_fec_corrected_symbols_total counter
        fabricwatch_infiniband_fec_corrected_symbols_total{device="rail0",port="1",end="local",\
        lane="1"} 5
        # HELP fabricwatch_history_size_bytes Size of the history on disk.
        # TYPE fabricwatch_history_size_bytes gauge
        fabricwatch_history_size_bytes 1048576
        # HELP fabricwatch_history_append_failures_total Passes that could not be written to the \
        history at once.
        # TYPE fabricwatch_history_append_failures_total counter
        fabricwatch_history_append_failures_total 0
        # HELP fabricwatch_history_waiting_passes Passes that wait in memory until they can be \
        written.
        # TYPE fabricwatch_history_waiting_passes gauge
        fabricwatch_history_waiting_passes 0
        # HELP fabricwatch_history_lost_passes_total Passes that were never written to the history.
        # TYPE fabricwatch_history_lost_passes_total counter
        fabricwatch_history_lost_passes_total 0
        # HELP fabricwatch_history_append_duration_seconds Time that writing the latest pass \
        took.
        # TYPE fabricwatch_history_append_duration_seconds gauge
        fabricwatch_history_append_duration_seconds 0.003
        # HELP fabricwatch_http_requests_total HTTP requests answered, by class of status.
        # TYPE fabricwatch_http_requests_total counter
        fabricwatch_http_requests_total{class="2xx"} 7
        fabricwatch_http_requests_total{class="4xx"} 1
        fabricwatch_http_requests_total{class="5xx"} 0
        # HELP fabricwatch_http_connections HTTP connections that are open.
        # TYPE fabricwatch_http_connections gauge
        fabricwatch_http_connections 2
        # HELP fabricwatch_http_connections_refused_total HTTP connections that were refused \
        because too many were open.
        # TYPE fabricwatch_http_connections_refused_total counter
        fabricwatch_http_connections_refused_total 0
        # HELP process_cpu_seconds_total Processor time of the daemon.
        # TYPE process_cpu_seconds_total counter
        process_cpu_seconds_total 1.5
        # HELP process_start_time_seconds When the daemon was started.
        # TYPE process_start_time_seconds gauge
        process_start_time_seconds 1769999000.25
        # HELP process_resident_memory_bytes Resident memory of the daemon.
        # TYPE process_resident_memory_bytes gauge
        process_resident_memory_bytes 9437184
        # HELP process_virtual_memory_bytes Virtual memory of the daemon.
        # TYPE process_virtual_memory_bytes gauge
        process_virtual_memory_bytes 104857600
        # HELP process_open_fds File descriptors that the daemon holds open.
        # TYPE process_open_fds gauge
        process_open_fds 21
        # HELP process_max_fds File descriptors that the daemon may hold open.
        # TYPE process_max_fds gauge
        process_max_fds 1024
        # HELP process_threads Threads of the daemon.
        # TYPE process_threads gauge
        process_threads 4

        """
}
