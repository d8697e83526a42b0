import Foundation
import Testing

/// A cable of the simulated node: an HCA and the switch port that it is plugged into.
struct Cable: Hashable {
    enum End: String, CaseIterable { case local, peer }

    var rail: Int
    var plane: String
    var guid: String
    var node: String
    var switchNode: String
    var switchPort: Int

    var device: String { "rail\(rail)" }

    /// The switch's GUID as the API writes it.
    var switchGUID: String { "0x" + switchNode.dropFirst(2) }

    func nodeID(_ end: End) -> String { end == .local ? node : switchNode }

    func port(_ end: End) -> Int { end == .local ? 1 : switchPort }
}

/// One end of a cable.
struct CableEnd: Hashable, CustomStringConvertible {
    var cable: Cable
    var end: Cable.End

    var description: String { "\(cable.device) \(end)" }
}

/// The simulated InfiniBand fabric around one node, with a real subnet manager on each plane.
struct Fabric: Sendable {
    /// The fabric of the running suite.
    @TaskLocal static var current: Fabric?

    let directory: URL

    private static let script = Requirements.repository
        .appendingPathComponent("deploy/simulated-node/fabric.sh")

    @discardableResult
    func call(_ command: String, _ arguments: [String] = [], input: String = "") throws -> String {
        try Child.succeed(
            Self.script, [command, directory.path] + arguments, input: input)
    }

    func up() throws { try call("up", ["--owner", "\(getpid())"]) }

    func down() throws { try call("down") }

    /// The cables of this node.
    func cables() throws -> [Cable] {
        try call("cables").split(separator: "\n").dropFirst().map { line in
            let words = line.split(separator: "\t").map(String.init)
            guard words.count == 6, let rail = Int(words[0]), let port = Int(words[4]) else {
                throw Failure("not a cable: \(line)")
            }
            return Cable(
                rail: rail, plane: words[5], guid: words[1], node: words[2],
                switchNode: words[3], switchPort: port)
        }
    }

    /// The environment that makes a process be the host of that rail's HCA.
    func environment(rail: Int) throws -> [String: String] {
        var variables: [String: String] = [:]
        for line in try call("env", ["\(rail)"]).split(separator: "\n") {
            let pair = line.split(separator: "=", maxSplits: 1).map(String.init)
            if pair.count == 2 { variables[pair[0]] = pair[1] }
        }
        return variables
    }

    func unlink(rail: Int) throws { try call("unlink", ["\(rail)"]) }

    func relink(rail: Int) throws { try call("relink", ["\(rail)"]) }

    func relid(rail: Int, lid: Int) throws { try call("relid", ["\(rail)", "\(lid)"]) }

    func relidManager(plane: String, lid: Int) throws {
        try call("relid-manager", [plane, "\(lid)"])
    }

    /// Says a line to the simulator of a plane.
    func tell(_ plane: String, _ line: String) throws { try call("cmd", [plane, line]) }

    /// Has a cable's HCA plugged into another port while `body` runs.
    func plugged(
        _ cable: Cable, into node: String, port: Int, _ body: () throws -> Void
    ) throws {
        func plug(_ node: String, _ port: Int) throws {
            try tell(cable.plane, "Unlink \"\(cable.node)\"[1]")
            try tell(cable.plane, "Link \"\(cable.node)\"[1] \"\(node)\"[\(port)]")
        }
        try plug(node, port)
        do { try body() } catch {
            try? plug(cable.switchNode, cable.switchPort)
            throw error
        }
        try plug(cable.switchNode, cable.switchPort)
    }

    func lid(_ node: String) throws -> Int {
        let text = try call("lid", [node]).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let lid = Int(text) else { throw Failure("not a LID: '\(text)'") }
        return lid
    }

    /// Frees the client slots of processes that were killed; the simulator has ten to a plane.
    func detachStale() throws { try call("detach-stale") }

    func restartSimulator(plane: String) throws { try call("restart-ibsim", [plane]) }

    /// The simulator of a plane.
    func simulator(plane: String) throws -> pid_t {
        let text = try call("pid", [plane, "ibsim"]).split(separator: "\n").first ?? ""
        guard let pid = pid_t(text) else { throw Failure("no simulator of plane \(plane)") }
        return pid
    }
}

/// Brings the fabric up before the suite's first test and takes it down after the last, whatever
/// became of them.
struct FabricScope: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        try Requirements.check()
        let home = try ScratchDirectory()
        let fabric = Fabric(directory: home.url)
        try fabric.up()
        do {
            try await Fabric.$current.withValue(fabric, operation: function)
        } catch {
            try fabric.down()
            throw error
        }
        try fabric.down()
    }
}
