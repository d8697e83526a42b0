import Glibc

extension Settings {
    /// Reads and checks the settings file at `path`.
    ///
    /// An empty file gives ``defaults``; a file that is absent, unreadable, larger than 1 MiB or
    /// wrong anywhere is refused with everything that is wrong in it.
    package static func load(path: String) throws(SettingsError) -> Settings {
        try parse(bytes: YAMLFile.contents(of: path), file: path)
    }

    /// Checks the text of a settings file; `file` is what refusals call it.
    package static func parse(text: String, file: String) throws(SettingsError) -> Settings {
        try parse(bytes: Array(text.utf8), file: file)
    }

    /// Checks the bytes of a settings file, UTF-8; `file` is what refusals call it.
    package static func parse(bytes: [UInt8], file: String) throws(SettingsError) -> Settings {
        var settings = defaults
        var decoding = Decoding()
        do throws(SettingsDiagnostic) {
            if let root = try YAMLReader.read(bytes, refusals: &decoding.refusals) {
                decoding.readGroup(root, SettingsTable.all, prefix: "", into: &settings)
                decoding.refuseContradictions(in: settings)
            }
        } catch {
            decoding.refusals.append(error)
        }
        guard decoding.refusals.isEmpty else { throw SettingsError(file: file, decoding.refusals) }
        return settings
    }
}

/// The bytes of a file that people write.
enum YAMLFile {
    /// At most one byte more than the reader accepts; `noun` is what a refusal calls the file.
    static func contents(
        of path: String, _ noun: String = ""
    ) throws(SettingsError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SettingsError(file: path, "cannot open\(noun)", errno) }
        defer { close(descriptor) }

        // One byte over the limit is enough for the reader to refuse the file.
        var bytes = [UInt8](repeating: 0, count: YAMLReader.bytesMax + 1)
        var filled = 0
        while filled < bytes.count {
            let count = unsafe bytes.withUnsafeMutableBytes {
                unsafe read(descriptor, $0.baseAddress?.advanced(by: filled), $0.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SettingsError(file: path, "cannot read\(noun)", errno) }
            guard count > 0 else { break }
            filled += count
        }
        return Array(bytes.prefix(filled))
    }
}

extension SettingsError {
    fileprivate init(file: String, _ attempt: String, _ code: Int32) {
        let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "unknown error"
        self.init(
            file: file,
            [SettingsDiagnostic(at: nil, "\(attempt): \(reason) (errno \(code))")],
            systemCode: code)
    }
}

extension Decoding {
    /// Refuses values that are right alone and wrong together.
    mutating func refuseContradictions(in settings: Settings) {
        let probe = settings.probe
        refuseUnless(
            probe.hardDeadline > probe.softDeadline,
            "probe.hard_deadline", probe.hardDeadline,
            "more than", "probe.soft_deadline", probe.softDeadline)
        refuseUnless(
            probe.restartDelayMax >= probe.restartDelayMin,
            "probe.restart_delay_max", probe.restartDelayMax,
            "at least", "probe.restart_delay_min", probe.restartDelayMin)
        refuseUnless(
            settings.gpu.retryDelayMax >= settings.gpu.retryDelayMin,
            "gpu.retry_delay_max", settings.gpu.retryDelayMax,
            "at least", "gpu.retry_delay_min", settings.gpu.retryDelayMin)
        if let tcp = settings.serve.tcp, !tcp.isLoopback, !settings.serve.isInsecure,
            !refusedKeys.contains("serve.tcp"), !refusedKeys.contains("serve.insecure")
        {
            refuse(
                "serve.tcp", at: positions["serve.tcp"],
                "got '\(tcp.text)', expected a loopback address (127.0.0.1, [::1], localhost) "
                    + "unless serve.insecure is true")
        }
    }

    /// Refuses `key`, where one of the two keys was written and neither is refused already.
    private mutating func refuseUnless(
        _ holds: Bool, _ key: String, _ value: Duration,
        _ relation: String, _ other: String, _ bound: Duration
    ) {
        guard !holds, !refusedKeys.contains(key), !refusedKeys.contains(other) else { return }
        let unit = Quantity.duration
        let origin = positions[key] == nil ? " (the default)" : ""
        refuse(
            key, at: positions[key] ?? positions[other],
            "got \(unit.render(value.wholeMilliseconds))\(origin), expected \(relation) "
                + "\(other), which is \(unit.render(bound.wholeMilliseconds))")
    }
}
