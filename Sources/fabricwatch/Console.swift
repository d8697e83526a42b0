import Glibc

/// The standard streams.
enum Console {
    /// Whether standard output is a terminal whose owner has nothing against colours.
    static var takesColour: Bool {
        isatty(STDOUT_FILENO) == 1 && variable("NO_COLOR") == nil
            && variable("TERM") != "dumb"
    }

    /// Writes all of the bytes to standard output.
    static func write(_ bytes: [UInt8]) throws(ClientError) {
        let failure = send(bytes, to: STDOUT_FILENO)
        guard failure == 0 else { throw .output(errno: failure) }
    }

    /// Writes a document as it came, ended by a newline.
    ///
    /// On one line its line breaks are left out: in JSON they can only stand between tokens.
    static func write(document bytes: [UInt8], onOneLine: Bool = false) throws(ClientError) {
        let newline = UInt8(ascii: "\n")
        var document = bytes
        if onOneLine { document.removeAll { $0 == newline || $0 == UInt8(ascii: "\r") } }
        if document.last != newline { document.append(newline) }
        try write(document)
    }

    /// Writes one line to standard error.
    static func complain(_ sentence: String) {
        _ = send(Array("fabricwatch: \(printable(sentence))\n".utf8), to: STDERR_FILENO)
    }

    // Returns 0 or the errno of the write that failed.
    private static func send(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                return errno
            }
        }
        return 0
    }

    /// A variable of the environment; nil where it is unset or empty.
    static func variable(_ name: String) -> String? {
        let value = unsafe getenv(name).map { unsafe String(cString: $0) }
        return value?.isEmpty == false ? value : nil
    }

    /// Who runs this: behind sudo(8) the user who called it, else the user's name, else the number.
    static var loginName: String {
        if geteuid() == 0, let name = variable("SUDO_USER") { return name }
        return unsafe getpwuid(getuid()).map { unsafe String(cString: $0.pointee.pw_name) }
            ?? "uid \(getuid())"
    }
}

/// Ctrl-C while something is followed without end.
enum Interrupt {
    /// From here on Ctrl-C ends the program with status 0.
    static func endsCleanly() {
        signal(SIGINT) { _ in _exit(0) }
    }

    /// Does something that Ctrl-C must not cut in two.
    static func deferred(_ work: () throws(ClientError) -> Void) throws(ClientError) {
        var interrupt = sigset_t()
        unsafe sigemptyset(&interrupt)
        unsafe sigaddset(&interrupt, SIGINT)
        unsafe pthread_sigmask(SIG_BLOCK, &interrupt, nil)
        defer { unsafe pthread_sigmask(SIG_UNBLOCK, &interrupt, nil) }
        try work()
    }
}

/// The text without what would steer a terminal: names come from devices all over the fabric.
func printable(_ text: String) -> String {
    func steers(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
    guard text.unicodeScalars.contains(where: steers) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { steers($0) ? "?" : $0 }))
}
