extension Rule {
    static let rooms: [Rule] = [
        Rule(
            name: "room-known", why: "every directory of Sources stands in the table in Room.swift"
        ) { file in
            guard let name = file.roomName, file.room == nil else { return [] }
            return [Breach(line: 1, what: "no room is called \(name)")]
        },
        Rule(
            name: "room-imports", why: "a room sees only what its row in Room.swift allows"
        ) { file in
            guard let room = file.room else { return [] }
            return file.code.imports().filter { !room.imports.contains($0.module) }.map {
                Breach(line: $0.line, what: "\(room.name) imports \($0.module)")
            }
        },
        Rule(
            name: "pure-room", why: "a pure room has no clock, concurrency, lock, chance or I/O"
        ) { file in
            guard file.room?.kind == .pure else { return [] }
            let words = file.code.find(impureWords) { code, index in
                code[index - 1].text != "."
            }
            let clocks = file.code.find(["now"], where: isClockRead)
            let chance = file.code.find(["random", "randomElement", "shuffled", "shuffle"]) {
                $0[$1 + 1].text == "(" && $0[$1 + 2].text != "using"
            }
            return words + clocks + chance
        },
        Rule(
            name: "manifest-arrows", why: "Package.swift and the table in Room.swift say the same"
        ) { file in
            file.path == "Package.swift" ? manifestBreaches(file.code) : []
        },
    ]

    private static let impureWords = [
        "async", "await", "Mutex", "Atomic", "Task", "TaskGroup", "actor", "DispatchQueue",
        "ContinuousClock", "SuspendingClock", "clock_gettime", "SystemRandomNumberGenerator",
        "print", "debugPrint", "dump", "readLine", "CommandLine",
    ]

    /// `clock.now`, `Date.now` and a bare `.now()`; any other `now` is a moment, or the clock of
    /// something, that was handed in.
    static func isClockRead(_ code: Code, _ index: Int) -> Bool {
        guard code[index - 1].isSymbol(".") else { return false }
        let owner = code[index - 2].text.lowercased()
        let isClock = ["clock", "date", "time", "deadline", "instant"].contains {
            owner.hasSuffix($0)
        }
        let isBare = owner.first.map { !$0.isLetter && $0 != "_" } ?? true
        return isClock
            || (isBare && code[index + 1].isSymbol("(") && code[index + 2].isSymbol(")"))
    }

    private static func manifestBreaches(_ code: Code) -> [Breach] {
        let declared = code.manifestRooms()
        var breaches: [Breach] = []
        for room in Room.all {
            guard let target = declared[room.name] else {
                breaches.append(Breach(line: 1, what: "no target \(room.name)"))
                continue
            }
            for extra in target.dependencies.subtracting(room.imports).sorted() {
                breaches.append(Breach(line: target.line, what: "\(room.name) → \(extra)"))
            }
            let own = room.imports.filter { Room.named[$0] != nil }
            for missing in own.subtracting(target.dependencies).sorted() {
                breaches.append(Breach(line: target.line, what: "no \(room.name) → \(missing)"))
            }
        }
        for (name, target) in declared where Room.named[name] == nil {
            breaches.append(Breach(line: target.line, what: "no room is called \(name)"))
        }
        return breaches
    }
}

extension Code {
    private static let importKinds: Set = [
        "struct", "class", "enum", "protocol", "typealias", "func", "let", "var", "actor",
    ]

    /// Every import, whatever its access level, attributes, kind and condition.
    func imports() -> [(module: String, line: Int)] {
        (places["import"] ?? []).compactMap { index in
            guard self[index - 1].text != "." else { return nil }
            let isKind = Self.importKinds.contains(self[index + 1].text)
            let module = self[isKind ? index + 2 : index + 1]
            return module.kind == .word ? (module.text, self[index].line) : nil
        }
    }

    /// The places of the given words, less those that `holds` leaves out.
    func find(
        _ words: [String], where holds: (Code, Int) -> Bool = { _, _ in true }
    ) -> [Rule.Breach] {
        words.flatMap { places[$0] ?? [] }.filter { holds(self, $0) }.map {
            Rule.Breach(line: self[$0].line, what: "`\(self[$0].text)`")
        }
    }

    /// The rooms that Package.swift declares with `room`, `main`, `door` or as a C target.
    fileprivate func manifestRooms() -> [String: (dependencies: Set<String>, line: Int)] {
        let lists = manifestLists()
        var rooms: [String: (dependencies: Set<String>, line: Int)] = [:]
        let calls = ["room", "main", "door", "target"].flatMap { places[$0] ?? [] }
        for call in calls where self[call + 1].isSymbol("(") && self[call - 1].text != "func" {
            let end = closing(of: call + 1)
            let arguments = tokens[(call + 2)..<end]
            let strings = arguments.filter { $0.kind == .string }.map(\.text)
            // A target under Tests names its path; a target of a helper function has no literal.
            guard let name = strings.first, !arguments.contains(where: { $0.text == "path" })
            else { continue }
            let named = arguments.filter { $0.kind == .word }.flatMap { lists[$0.text] ?? [] }
            let dependencies = self[call].text == "door" ? [] : Set(strings.dropFirst() + named)
            rooms[name] = (dependencies, self[call].line)
        }
        return rooms
    }

    /// What a `let` of the manifest stands for: the names of the products in its value.
    private func manifestLists() -> [String: [String]] {
        var lists: [String: [String]] = [:]
        for start in places["let"] ?? [] {
            let next = (places["let"] ?? []).first { $0 > start } ?? tokens.count
            let names = (start..<next).filter {
                tokens[$0].kind == .string && self[$0 - 2].text == "name"
                    && self[$0 - 4].text == "product"
            }
            lists[self[start + 1].text] = names.map { tokens[$0].text }
        }
        return lists
    }
}
