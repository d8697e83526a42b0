import Health
import Model
import Testing

/// What is said of GPUs.
struct GPURuleTests {
    private static let call = GPUCall(
        function: "nvmlDeviceGetFieldValues", family: .linkErrors, nanoseconds: 3_000_000_000,
        thread: 7)

    private static func gpu(
        _ index: Int = 3, _ change: (inout GPUEvidence) -> Void = { _ in }
    ) -> GPUEvidence {
        var gpu = GPUEvidence(
            index: index, address: PCIAddress(domain: 0, bus: UInt8(0x18 + index), device: 0),
            uuid: GPUUUID(high: 1, low: UInt64(index)), state: .read, isListed: true,
            isFresh: true, isStale: false, recoveryAction: 0, linksUp: 18)
        change(&gpu)
        return gpu
    }

    private static func evidence(
        _ gpus: [GPUEvidence], library: GPULibrary.State = .ready, detail: String = ""
    ) -> Evidence {
        var evidence = Sample.evidence(
            [],
            collectors: [
                CollectorEvidence(
                    name: "gpu", ageSeconds: 1, limitSeconds: 30, waitingSeconds: 0,
                    workingOn: nil, trouble: nil, readsPorts: false)
            ])
        evidence.gpus = GPUsEvidence(
            library: GPULibrary(state: library, detail: detail), gpus: gpus)
        return evidence
    }

    private static func judge(_ change: (inout GPUEvidence) -> Void) -> [Opinion] {
        Rules.judge(evidence([gpu(0), gpu(3, change)]))
    }

    @Test func nodeOfWellGPUsPasses() {
        let evidence = Self.evidence([Self.gpu(0), Self.gpu(1)])
        let opinions = Rules.judge(evidence)
        #expect(opinions.isEmpty, "\(opinions)")
        #expect(Verdict([], ports: 0, gpus: 2).severity == .pass)
        #expect(Verdict([], ports: 0, gpus: 2).summary == "All 2 GPUs were read.")
        #expect(Verdict([], ports: 0, gpus: 0).severity == .unknown)
    }

    @Test func hangIsUnknownAndThenCritical() throws {
        let opinions = Self.judge {
            $0.state = .busy(Self.call)
            $0.isStale = true
            $0.hang = GPUHang(
                call: Self.call, seconds: 3, kernel: "D, in os_acquire_mutex", excluded: nil)
        }
        let opinion = try #require(opinions.first)
        #expect(opinions.count == 1 && opinion.id == .gpuUnresponsive)
        #expect(
            opinion.summary == "GPU 3 (0000:1b:00.0) does not answer: nvmlDeviceGetFieldValues "
                + "(link_errors) has not returned for 3 s.")
        #expect(
            opinion.evidence.contains("the thread that waits is in state D, in os_acquire_mutex"))
        var standing = Standing()
        let severities = [0, 44, 45, 600].map {
            standing.update(opinions, now: Sample.moment($0)).first?.severity
        }
        #expect(severities == [.unknown, .unknown, .critical, .critical])
    }

    @Test func gpuThatIsLeftAloneSaysWhy() throws {
        let opinion = try #require(
            Self.judge {
                $0.state = .excluded("Xid 119")
                $0.hang = GPUHang(
                    call: nil, seconds: 200, kernel: nil, excluded: "the kernel reported Xid 119")
            }.first)
        #expect(
            opinion.summary == "GPU 3 (0000:1b:00.0) is left alone: the kernel reported Xid 119.")
        #expect(opinion.action.hasPrefix("Drain the node"))
    }

    /// The call has gone with its process, so nothing is said of it in the present tense.
    @Test func callOfAGPUThatIsLeftAloneIsPast() throws {
        let opinion = try #require(
            Self.judge {
                $0.state = .excluded("x")
                $0.hang = GPUHang(
                    call: Self.call, seconds: 44, kernel: "S, in hrtimer_nanosleep",
                    excluded: "nvmlDeviceGetFieldValues (link_errors) did not return")
            }.first)
        #expect(
            opinion.evidence == [
                "nvmlDeviceGetFieldValues (link_errors) began 44 s ago",
                "the thread that waited was in state S, in hrtimer_nanosleep",
                "its values are those from before",
            ])
    }

    @Test(arguments: [6, 15, 16, 28] as [Int32])
    func lostGPUIsCriticalAtOnce(code: Int32) throws {
        let opinions = Self.judge {
            $0.state = .failed(
                GPUFailure(function: "nvmlDeviceGetHandle", code: code, codeName: "NAME"))
        }
        #expect(opinions.map(\.id) == [.gpuLost])
        #expect(opinions.first?.severity == .critical)
    }

    @Test func aResetIsAskedForWhereItHelps() throws {
        for (code, action) in [(16, Remedy.resetGPU.action), (15, "Drain the node and reboot")] {
            let opinion = try #require(
                Self.judge {
                    $0.state = .failed(
                        GPUFailure(function: "f", code: Int32(code), codeName: "NAME"))
                }.first)
            #expect(opinion.action.hasPrefix(action))
        }
    }

    @Test func gpuThatVanishedIsMissed() {
        let opinions = Self.judge { $0.isListed = false }
        #expect(opinions.map(\.id) == [.gpuLost])
        #expect(opinions.first?.summary == "GPU 3 (0000:1b:00.0) is not there any more.")
    }

    @Test(arguments: [4, 17, 999] as [Int32])
    func otherErrorsAreUnknown(code: Int32) {
        let opinions = Self.judge {
            $0.state = .failed(GPUFailure(function: "f", code: code, codeName: "NAME"))
        }
        #expect(opinions.map(\.id) == [.gpuUnobservable])
        #expect(opinions.first?.severity == .unknown)
    }

    @Test(arguments: GPULibrary.State.allCases.filter { $0 != .ready })
    func libraryThatCannotBeAskedSpeaksForAllGPUs(_ state: GPULibrary.State) {
        let gpus = (0..<8).map { Self.gpu($0) { $0.state = .noLibrary } }
        let opinions = Rules.judge(Self.evidence(gpus, library: state, detail: "Because."))
        #expect(opinions.map(\.id) == [.gpuUnobservable], "\(opinions)")
        #expect(opinions.first?.summary == "8 GPUs of this node cannot be read: Because.")
        #expect(opinions.first?.severity == .unknown)
    }

    /// A call of the library may hang while GPUs that are open are read on.
    @Test func libraryThatHangsSpeaksForWhatIsNotRead() {
        var gpus = (0..<8).map { Self.gpu($0) }
        #expect(Rules.judge(Self.evidence(gpus, library: .hung)).isEmpty)
        gpus[7].state = .noLibrary
        let opinions = Rules.judge(Self.evidence(gpus, library: .hung, detail: "Because."))
        #expect(opinions.map(\.summary) == ["The GPU of this node cannot be read: Because."])
    }

    /// Only its own probe explains that a GPU was not read for long.
    @Test func anotherStaleProbeHidesNothing() {
        for (name, isHidden) in [("rail0", false), ("gpu", true)] {
            var evidence = Self.evidence([Self.gpu(3) { $0.isStale = true }])
            evidence.collectors.append(
                CollectorEvidence(
                    name: name, ageSeconds: 90, limitSeconds: 30, waitingSeconds: 90,
                    workingOn: nil, trouble: nil, readsPorts: false))
            let ids = Rules.judge(evidence).map(\.id)
            #expect(ids.contains(.probeStale))
            #expect(ids.contains(.gpuUnobservable) == !isHidden)
        }
    }

    @Test func sentenceCountsWhatWasRead() {
        let summary = { Verdict([], ports: 0, gpus: 8, gpusRead: $0).summary }
        #expect(summary(8) == "All 8 GPUs were read.")
        #expect(summary(7) == "7 of 8 GPUs were read in the latest pass.")
    }

    /// The library answers and the GPU was not read yet: nothing is known, so nothing is well.
    @Test func gpuThatWasNeverReadIsUnknown() {
        #expect(Self.judge { $0.state = .noLibrary }.map(\.id) == [.gpuUnobservable])
        #expect(Self.judge { $0.isStale = true }.map(\.id) == [.gpuUnobservable])
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func whatTheDriverAsksForIsCritical(code: UInt64) {
        let opinions = Self.judge { $0.recoveryAction = code }
        #expect(opinions.map(\.id) == [.gpuRecoveryNeeded])
        #expect(opinions.first?.severity == .critical)
        let wish = RecoveryAction(code: code)?.word ?? "action 6"
        #expect(opinions.first?.summary.hasSuffix(": \(wish).") == true)
    }

    @Test func everyXidIsAConditionOfItsOwn() {
        let opinions = Self.judge {
            $0.xids = [48, 79].map {
                XidEvidence(
                    number: $0, count: 2, last: "now", meaning: "Meaning.", remedy: .reboot,
                    line: "line")
            }
        }
        #expect(opinions.map(\.id) == [.gpuXid, .gpuXid])
        #expect(Set(opinions.map(\.subject)).count == 2)
        #expect(
            opinions.first?.summary
                == "GPU 3 (0000:1b:00.0) reported Xid 48 2 times: Meaning.")
    }

    @Test func theOthersOfABurstAreNamed() {
        let opinions = Self.judge {
            var xid = XidEvidence(
                number: 48, count: 1, last: "now", meaning: "Meaning.", remedy: .resetGPU,
                line: "line")
            xid.followers = [63, 95]
            $0.xids = [xid]
        }
        #expect(
            opinions.first?.summary
                == "GPU 3 (0000:1b:00.0) reported Xid 48: Meaning. 2 more followed within 5 s: "
                + "Xid 63, 95.")
        #expect(opinions.first?.step == .resetGPU)
    }

    @Test func linkThatWentDownIsNamed() {
        let opinions = Self.judge { $0.linksDown = [4, 11] }
        #expect(opinions.map(\.id) == [.nvlinkDown])
        #expect(opinions.first?.summary == "NVLinks 4, 11 of GPU 3 (0000:1b:00.0) went down.")
        #expect(
            opinions.first?.evidence == ["they were active earlier; 18 other links are up"])
        let one = Self.judge {
            $0.linksDown = [4]
            $0.linksUp = 17
        }
        #expect(one.first?.summary == "NVLink 4 of GPU 3 (0000:1b:00.0) went down.")
        #expect(one.first?.evidence == ["it was active earlier; 17 other links are up"])
    }

    @Test func unreadableKernelLogIsAWarning() {
        var evidence = Self.evidence([Self.gpu()])
        evidence.kernelLogTrouble = "cannot open /dev/kmsg: Operation not permitted (errno 1)"
        let opinions = Rules.judge(evidence)
        #expect(opinions.map(\.id) == [.kernelLogUnreadable])
        #expect(opinions.first?.severity == .warning)
    }

    /// Says anew, without the rules, when a GPU is well.
    private static func isWell(_ gpu: GPUEvidence) -> Bool {
        gpu.state == .read && gpu.isListed && !gpu.isStale && gpu.hang == nil
            && (gpu.recoveryAction ?? 0) == 0 && gpu.xids.isEmpty && gpu.linksDown.isEmpty
    }

    /// A GPU with a few things wrong with it, or none.
    private static func anyGPU(_ index: Int, _ random: inout Seeded) -> GPUEvidence {
        func rarely() -> Bool { Int.random(in: 0..<24, using: &random) == 0 }
        return gpu(index) {
            if rarely() { $0.state = .busy(call) }
            if rarely() { $0.state = .noLibrary }
            if rarely() { $0.state = .excluded("x") }
            if rarely() {
                $0.state = .failed(
                    GPUFailure(
                        function: "f", code: .random(in: 0...30, using: &random), codeName: "n"))
            }
            $0.isStale = $0.state != .read || rarely()
            if rarely() { $0.isListed = false }
            if rarely() {
                $0.hang = GPUHang(call: call, seconds: 1, kernel: nil, excluded: nil)
            }
            if rarely() { $0.recoveryAction = 2 }
            if rarely() { $0.recoveryAction = nil }
            if rarely() { $0.linksDown = [1] }
            if rarely() {
                $0.xids = [
                    XidEvidence(
                        number: .random(in: 1...200, using: &random), count: 1, last: "now",
                        meaning: "Meaning.", remedy: .resetGPU, line: "line")
                ]
            }
        }
    }

    @Test(arguments: Seeded.seeds)
    func passOnlyWhenEveryGPUWasSeenAndIsWell(seed: UInt64) {
        var random = Seeded(seed)
        var passes = 0
        for _ in 0..<3000 {
            func rarely() -> Bool { Int.random(in: 0..<24, using: &random) == 0 }
            let gpus = (0..<Int.random(in: 1...3, using: &random)).map {
                Self.anyGPU($0, &random)
            }
            let states = GPULibrary.State.allCases
            let library =
                rarely() ? states[Int.random(in: states.indices, using: &random)] : .ready
            var evidence = Self.evidence(gpus, library: library)
            if rarely() { evidence.kernelLogTrouble = "cannot open it" }
            var standing = Standing()
            let findings = standing.update(Rules.judge(evidence), now: evidence.now)
            // Whatever the library is: a GPU that it keeps from being read is not well.
            let isWell = gpus.allSatisfy(Self.isWell) && evidence.kernelLogTrouble == nil
            let verdict = Verdict(findings, ports: 0, gpus: gpus.count)
            #expect((verdict.severity == .pass) == isWell, "seed \(seed): \(evidence)")
            passes += isWell ? 1 : 0
        }
        #expect((300...2700).contains(passes), "seed \(seed) tries too little of either")
    }
}
