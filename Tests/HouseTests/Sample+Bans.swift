extension Sample {
    static let bans: [Sample] = syntax + concurrency + outside + promises

    private static let syntax: [Sample] = [
        Sample(
            "force-try", in: "Tests/ModelTests/A.swift", line: 2,
            bad: "// try!\nlet a = try! f()\n", good: "let a = try? f()\nlet b = try !c()\n"),
        Sample("force-cast", bad: "let a = b as! C\n", good: "let a = b as? C // as!\n"),
        Sample("force-unwrap", bad: "let a = b!\n", good: "let a = !b\nif a != b {}\n"),
        Sample("force-unwrap", bad: "let a = b[0]!.c\n", good: "let a = (!b, try !c())\n"),
        Sample("force-unwrap", bad: "let a = \"\\(b())! \\(c()!)\"\n", good: "let a = \"b!\"\n"),
        Sample("force-unwrap", bad: "var a: B!\n", good: "#if !os(Linux)\n#endif\n"),
        Sample(
            "force-unwrap", bad: "let a = b!\n", good: "let a = b!\n",
            goodIn: "Tests/ModelTests/A.swift"),
        Sample(
            "unchecked-sendable", line: 2,
            bad: "// Reads the clock, never blocks.\nfinal class A: @unchecked Sendable {}\n",
            good: "// Its Mutex\n// guards it.\nfinal class A: @unchecked Sendable {}\n"),
        Sample(
            "unchecked-sendable", bad: "nonisolated(unsafe) let a = b\n",
            good: "nonisolated(unsafe) let a = b  // read by the probe's one thread\n"),
        Sample(
            "fatal-error", bad: "fatalError()\n", good: "fatalError(\"port \\(port)\")\n"),
        Sample("public", bad: "public struct A {}\n", good: "package struct A {}\n"),
        Sample("public", bad: "open class A {}\n", good: "let file = open(path)\n"),
    ]

    private static let concurrency: [Sample] = [
        Sample(
            "detached-task", bad: "Task.detached { f() }\n", good: "try Task.check()\n"),
        Sample(
            "unstructured-task", in: "Sources/Serve/A.swift", bad: "Task { f() }\n",
            good: "Task { f() }\n", goodIn: "Sources/Daemon/A.swift"),
        Sample(
            "unstructured-task", in: "Sources/Push/A.swift", bad: "Task(priority: .low) { f() }\n",
            good: "group.addTask { f() }\n"),
        Sample(
            "sleep-in-test", in: "Tests/ModelTests/A.swift", bad: "usleep(10)\n",
            good: "clock.sleep(10)\nfunc sleep(until: Int) {}\n"),
        Sample(
            "sleep-in-test", in: "Tests/ModelTests/A.swift", bad: "await Task.sleep(for: a)\n",
            good: "usleep(10)  // between two tries, until the deadline\n"),
        Sample(
            "sleep-in-test", in: "Tests/Fakes/A.swift", bad: "Thread.sleep(forTimeInterval: 1)\n",
            good: "// sleep(1)\n"),
    ]

    private static let outside: [Sample] = [
        Sample("print", bad: "print(a)\n", good: "out.print(a)\nfunc print(_ a: Int) {}\n"),
        Sample(
            "print", in: "Sources/History/A.swift", bad: "debugPrint(a)\n", good: "print(a)\n",
            goodIn: "Sources/fabricwatch/Main.swift"),
        Sample("child-process", bad: "let a = Process()\n", good: "let a = Event.Process()\n"),
        Sample("child-process", bad: "let pid = fork()\n", good: "let pid = posix_spawn(a)\n"),
        Sample(
            "child-process", in: "Sources/CNVML/nvml.c", bad: "int a = system(\"ls\");\n",
            good: "// system(\"ls\")\n"),
        Sample(
            "clock", in: "Sources/Serve/A.swift", bad: "let a = Date()\n",
            good: "let a = Date(timeIntervalSince1970: 0)\n"),
        Sample(
            "clock", in: "Sources/Serve/A.swift", bad: "let a = NIODeadline.now() + b\n",
            good: "// The event loop's clock bounds a request.\nlet a = NIODeadline.now() + b\n"),
        Sample(
            "clock", in: "Sources/Collectors/A.swift", line: 2,
            bad: "// blocks\nclock_gettime(CLOCK_BOOTTIME, &a)\n",
            good: "// The one clock of a pass.\nclock_gettime(CLOCK_BOOTTIME, &a)\n"),
        Sample(
            "clock", in: "Sources/History/A.swift", bad: "let a = time(nil)\n",
            good: "let a = ContinuousClock().now\n", goodIn: "Sources/Daemon/Clock.swift"),
        Sample(
            "foundation", bad: "import Foundation\n", good: "import FoundationEssentials\n"),
        Sample(
            "foundation", bad: "import struct Foundation.Date\n", good: "import Foundation\n",
            goodIn: "Tests/ModelTests/A.swift"),
        Sample("formatter", bad: "let a = DateFormatter()\n", good: "let a = DateText()\n"),
    ]

    private static let promises: [Sample] = [
        Sample(
            "counter-reset", bad: "let a = performance_reset_via(b)\n",
            good: "// never performance_reset_via\nlet a = pma_query_via(b)\n"),
        Sample("counter-reset", bad: "mad_rpc_reset(a)\n", good: "let a = mad_rpc(b)\n"),
        Sample(
            "counter-reset", bad: "let a = IB_MAD_METHOD_SET\n",
            good: "let a = IB_MAD_METHOD_GET\nlet b = Test.fixed\n"),
        Sample("counter-reset", bad: "smp_set_via(a)\n", good: "smp_query_via(a)\n"),
        Sample(
            "counter-reset", bad: "dlsym(a, \"nvmlDeviceClearEccErrorCounts\")\n",
            good: "dlsym(a, \"nvmlEventSetCreate\")\n"),
        Sample(
            "counter-reset", in: "Sources/CNVML/nvml.c", line: 2,
            bad: "/* smp_set */\nint a = smp_set_status_via(b);\n", good: "/* smp_set\n */\n"),
        Sample(
            "counter-reset-script", in: "deploy/a.sh", bad: "perfquery -x -R 4 1\n",
            good: "perfquery -x 4 1\n"),
        Sample(
            "counter-reset-script", in: "deploy/a.sh", line: 2, bad: "a\nibclearcounters\n",
            good: "ibnetdiscover -R\n"),
        Sample("todo", bad: "// TODO: measure\n", good: "// TODO: measure (#123)\n"),
        Sample(
            "todo", in: "deploy/a.sh", line: 2, bad: "a\nb  # FIXME\n",
            good: "mktemp a.XXX  # a TODOLIST\n"),
        Sample(
            "todo", in: "config/a.yaml", bad: "a: 1  # HACK #\n", good: "a: 1  # HACK #7\n"),
    ]
}
