import Foundation
import Serve
import Testing

/// A server on a Unix socket in a directory of its own and on a free TCP port, gone with the test.
final class LiveServer {
    let answers: ScriptedAnswers
    let server: Server
    let directory: TemporaryDirectory
    let port: Int

    var socketPath: String { directory.file("s") }

    init(
        _ script: ScriptedAnswers.Script = .init(),
        configure: (inout ServeConfiguration) -> Void = { _ in }
    ) throws {
        directory = try TemporaryDirectory()
        answers = ScriptedAnswers(script)
        var configuration = ServeConfiguration()
        configuration.socketPath = directory.file("s")
        configuration.tcpPort = 0
        configure(&configuration)
        server = Server(configuration: configuration, answers: answers)
        port = try server.start().tcpPort ?? 0
    }

    deinit {
        server.stop()
    }

    func tcp() throws -> Client { try Client(port: port) }

    func unix() throws -> Client { try Client(socketPath: socketPath) }
}

/// A new empty directory, removed with everything in it.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array((NSTemporaryDirectory() + "serve-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw ClientError.system("mkdtemp", errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { path + "/" + name }
}

extension DispatchSemaphore {
    /// Waits for the other thread's signal; fails the test instead of hanging when none comes.
    func expect(_ location: SourceLocation = #_sourceLocation) {
        #expect(wait(timeout: .now() + 30) == .success, sourceLocation: location)
    }
}

/// Whether something that another thread does comes true before a generous deadline.
func eventually(_ condition: () -> Bool) -> Bool {
    let deadline = Date() + 30
    while Date() < deadline {
        if condition() { return true }
        // A poll until the deadline above.
        usleep(2000)
    }
    return condition()
}
