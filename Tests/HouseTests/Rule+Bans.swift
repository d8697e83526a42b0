extension Rule {
    static let bans: [Rule] = unsafeSyntax + concurrency + outside + promises

    /// A ban on words in code, where `applies` to the file and `holds` of the place.
    private static func ban(
        _ name: String, _ words: [String], in applies: @escaping @Sendable (SourceFile) -> Bool,
        because why: String,
        where holds: @escaping @Sendable (Code, Int) -> Bool = { _, _ in true }
    ) -> Rule {
        Rule(name: name, why: why) { file in
            applies(file) ? file.code.find(words, where: holds) : []
        }
    }

    private static let unsafeSyntax: [Rule] = [
        ban(
            "force-try", ["try"], in: { $0.language == .swift },
            because: "a failure is a value here; use try, try? or do-catch"
        ) { $0[$1 + 1].text == "!" && $0[$1 + 1].isJoined },
        ban(
            "force-cast", ["as"], in: { $0.language == .swift },
            because: "a wrong type must not end the daemon; use as?"
        ) { $0[$1 + 1].text == "!" && $0[$1 + 1].isJoined },
        Rule(name: "force-unwrap", why: "an absent value must not end the daemon; use guard let") {
            file in
            guard file.isSource, file.language == .swift else { return [] }
            return file.code.forceUnwraps()
        },
        Rule(
            name: "unchecked-sendable", why: "a comment here or just above names the lock or thread"
        ) { file in
            let code = file.code
            let breaches =
                code.find(["unchecked"]) { $0[$1 - 1].isSymbol("@") }
                + code.find(["nonisolated"]) { $0[$1 + 2].text == "unsafe" }
            let guards = ["lock", "mutex", "thread", "loop"]
            return breaches.filter { !code.isExplained(at: $0.line, naming: guards) }
        },
        ban(
            "fatal-error", ["fatalError"], in: { $0.isSource },
            because: "a broken invariant says which, with its values"
        ) { $0[$1 + 1].text == "(" && $0[$1 + 2].text == ")" },
        ban(
            "public", ["public", "open"], in: { $0.isSource && $0.language == .swift },
            because: "rooms share with `package`; nothing leaves this package"
        ) { code, index in
            guard code[index - 1].text != "." else { return false }
            let opens = ["class", "func", "var", "init", "subscript"]
            return code[index].text == "public" || opens.contains(code[index + 1].text)
        },
    ]

    private static let concurrency: [Rule] = [
        ban(
            "detached-task", ["Task"], in: { $0.language == .swift },
            because: "nobody waits for it or stops it"
        ) { $0[$1 + 1].text == "." && $0[$1 + 2].text == "detached" },
        ban(
            "unstructured-task", ["Task"],
            in: { $0.isSource && $0.language == .swift && $0.roomName != "Daemon" },
            because: "only the wiring starts work of its own"
        ) { code, index in
            let next = code[index + 1]
            return next.isSymbol("{") || (next.isSymbol("(") && code[index - 1].text != ".")
        },
        Rule(
            name: "sleep-in-test",
            why: "wait for the event; a polling loop names its deadline in a comment here or above"
        ) { file in
            guard file.isTest else { return [] }
            return file.code.find(["sleep", "usleep", "nanosleep"], where: isSleep)
                .filter { !file.code.isExplained(at: $0.line, naming: ["deadline"]) }
        },
    ]

    /// What reaches the world outside without being the room for it.
    private static let outside: [Rule] = [
        ban(
            "print", ["print", "debugPrint", "dump"],
            in: { $0.isSource && $0.language == .swift && $0.room?.kind != .main },
            because: "only the two mains write to the standard streams", where: isCall),
        ban(
            "child-process",
            ["popen", "fork", "vfork", "system", "Process", "NSTask"], in: { $0.isSource },
            because: "forking a process with threads is unsafe; Daemon uses posix_spawn"
        ) { code, index in
            code[index].text.first?.isUppercase == true
                ? code[index - 1].text != "."
                : isCall(code, index) && code[index - 1].text != "case"
        },
        Rule(
            name: "clock",
            why:
                "time is handed in; an edge that reads it says `clock` in a comment here or above"
        ) { file in
            guard file.isSource, let kind = file.room?.kind, kind != .wiring, kind != .door
            else { return [] }
            let code = file.code
            let reads =
                code.find(["Date", "time"]) { isCall($0, $1) && $0[$1].readsClock($0[$1 + 2]) }
                + code.find(["ContinuousClock", "SuspendingClock", "clock_gettime", "gettimeofday"])
                + code.find(["now"], where: isClockRead)
            return reads.filter { !code.isExplained(at: $0.line, naming: ["clock"]) }
        },
        Rule(
            name: "foundation", why: "full Foundation brings ICU, 40 MB; use FoundationEssentials"
        ) { file in
            guard file.isSource else { return [] }
            return file.code.imports()
                .filter { ["Foundation", "FoundationNetworking"].contains($0.module) }
                .map { Breach(line: $0.line, what: "import \($0.module)") }
        },
        ban(
            "formatter",
            [
                "NSRegularExpression", "Regex", "RegexBuilder", "DateFormatter", "NumberFormatter",
                "ISO8601DateFormatter", "ByteCountFormatter",
            ],
            in: { $0.isSource },
            because: "slow, locale-bound or heavy; write the few lines by hand"),
    ]

    /// What the product promises never to do, and to itself.
    private static let promises: [Rule] = [
        Rule(name: "counter-reset", why: "what is measured is never changed: no clear, no Set") {
            file in
            guard file.isSource else { return [] }
            return file.code.tokens.filter { ($0.kind == .word || $0.kind == .string) && $0.resets }
                .map { Breach(line: $0.line, what: "`\($0.text)`") }
        },
        Rule(name: "counter-reset-script", why: "what is measured is never changed") { file in
            guard file.language == .shell else { return [] }
            return file.lines.enumerated().compactMap { index, line in
                let words = line.split(whereSeparator: { " \t\"';|()".contains($0) })
                let clears = words.contains { $0 == "ibclearcounters" || $0 == "ibclearerrors" }
                let flags: Set<Substring> = ["-R", "-r", "--Reset_only", "--reset_after_read"]
                let resets = words.contains("perfquery") && !flags.isDisjoint(with: words)
                return clears || resets ? Breach(line: index + 1, what: String(line)) : nil
            }
        },
        Rule(name: "todo", why: "unfinished work stands in an issue; name it, as in #123") { file in
            file.remarks().compactMap { line, text in
                let words = text.split { !($0.isLetter || $0.isNumber || $0 == "#") }
                let marks: Set<Substring> = ["TODO", "FIXME", "XXX", "HACK"]
                guard let mark = words.first(where: marks.contains) else { return nil }
                let hasIssue = words.contains { $0.hasPrefix("#") && Int($0.dropFirst()) != nil }
                return hasIssue ? nil : Breach(line: line, what: String(mark))
            }
        },
    ]

    /// A call of a free function, not of a method, and not its declaration.
    @Sendable private static func isCall(_ code: Code, _ index: Int) -> Bool {
        code[index + 1].isSymbol("(") && code[index - 1].text != "."
            && code[index - 1].text != "func"
    }

    /// A method called `sleep` is somebody's fake clock, unless it is that of a task or a thread.
    @Sendable private static func isSleep(_ code: Code, _ index: Int) -> Bool {
        guard code[index - 1].isSymbol(".") else { return isCall(code, index) }
        return ["Task", "Thread"].contains(code[index - 2].text)
    }
}

extension Token {
    /// Whether a call of this with that first argument asks for the present time.
    fileprivate func readsClock(_ argument: Token) -> Bool {
        text == "Date" ? argument.text == ")" : argument.text == "nil"
    }

    /// A symbol that clears counters or sends a Set, of libibmad or NVML.
    fileprivate var resets: Bool {
        let isMAD =
            text.contains("performance_reset") || text.contains("IB_MAD_METHOD_SET")
            || text.hasPrefix("smp_set") || (text.hasPrefix("mad_") && text.contains("reset"))
        guard !isMAD, text.hasPrefix("nvml") else { return isMAD }
        let verbs = ["Set", "Clear", "Reset", "Freeze"]
        return verbs.contains {
            text.hasPrefix("nvmlDevice\($0)") || text.hasPrefix("nvmlUnit\($0)")
        }
    }
}

extension Code {
    /// Every `!` that follows a value without a blank.
    fileprivate func forceUnwraps() -> [Rule.Breach] {
        tokens.indices.compactMap { index in
            guard tokens[index].isSymbol("!"), tokens[index].isJoined else { return nil }
            let before = self[index - 1]
            let isValue = before.kind == .word || [")", "]", "}", "?"].contains(before.text)
            guard isValue, before.text != "try", before.text != "as" else { return nil }
            return Rule.Breach(line: tokens[index].line, what: "`\(before.text)!`")
        }
    }
}

extension SourceFile {
    /// The comments of a program, a script or a settings file, by line.
    fileprivate func remarks() -> [(Int, Substring)] {
        switch language {
        case .swift, .c:
            return code.comments.map { ($0.key, Substring($0.value.text)) }
        case .shell, .other:
            let hasHashComments = [".yaml", ".yml", ".service", ".py", "Makefile"].contains {
                path.hasSuffix($0)
            }
            guard language == .shell || hasHashComments else { return [] }
            return lines.enumerated().compactMap { index, line in
                line.firstIndex(of: "#").map { (index + 1, line[$0...]) }
            }
        }
    }
}
