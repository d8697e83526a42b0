import Foundation
import Serve
import Testing

@Suite struct ListenTests {
    private let directory: TemporaryDirectory
    private var path: String { directory.file("s") }

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func server(
        _ configure: (inout ServeConfiguration) -> Void = { _ in }
    ) -> Server {
        var configuration = ServeConfiguration()
        configuration.socketPath = path
        configure(&configuration)
        return Server(configuration: configuration, answers: ScriptedAnswers())
    }

    private func mode(_ path: String) throws -> UInt32 {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw ClientError.system("lstat", errno) }
        return status.st_mode
    }

    @Test(arguments: [UInt32(0o600), 0o660, 0o666])
    func theSocketFileHasTheConfiguredModeAndGoesWithTheServer(wanted: UInt32) throws {
        let server = server { $0.socketMode = wanted }
        let bound = try server.start()
        #expect(bound.socketPath == path)
        #expect(bound.tcpPort == nil)
        #expect(try mode(path) & 0o777 == wanted)
        #expect(try Client(socketPath: path).get("/healthz").status == 200)
        server.stop()
        #expect(!FileManager.default.fileExists(atPath: path))
        server.stop()
    }

    @Test func aDeadDaemonsSocketIsReplaced() throws {
        let dead = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(dead, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0)
        close(dead)
        let server = server()
        defer { server.stop() }
        _ = try server.start()
        #expect(try Client(socketPath: path).get("/healthz").status == 200)
    }

    @Test func aLiveDaemonsSocketIsNotTouched() throws {
        let first = server()
        defer { first.stop() }
        _ = try first.start()
        #expect(throws: ServeError.socketInUse(path)) { try server().start() }
        #expect(try Client(socketPath: path).get("/healthz").status == 200)
    }

    @Test func aSuccessorsSocketIsNotRemoved() throws {
        let first = server()
        _ = try first.start()
        try FileManager.default.removeItem(atPath: path)
        let second = server()
        defer { second.stop() }
        _ = try second.start()
        first.stop()
        #expect(try Client(socketPath: path).get("/healthz").status == 200)
    }

    @Test func whatIsNoSocketStays() throws {
        try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: ServeError.notASocket(path)) { try server().start() }
        #expect(FileManager.default.contents(atPath: path) == Data("precious".utf8))
    }

    @Test func startErrorsNameWhatWasTried() throws {
        let long = directory.file(String(repeating: "a", count: 120))
        #expect(throws: ServeError.pathTooLong(long)) {
            try server { $0.socketPath = long }.start()
        }
        #expect(throws: ServeError.nothingToListenOn) {
            try server { $0.socketPath = nil }.start()
        }
        let nowhere = directory.file("none/s")
        let error = ServeError.failed(attempt: "bind", target: nowhere, errno: ENOENT)
        #expect(throws: error) { try server { $0.socketPath = nowhere }.start() }
        #expect(error.description.contains("create the directory"))
        #expect(throws: ServeError.notAnAddress("example.org")) {
            try server {
                $0.tcpPort = 0
                $0.tcpHost = "example.org"
            }.start()
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func aTakenPortLeavesNothingBehind() throws {
        let first = server {
            $0.socketPath = nil
            $0.tcpPort = 0
        }
        defer { first.stop() }
        let port = try #require(try first.start().tcpPort)
        #expect(
            throws: ServeError.failed(
                attempt: "bind", target: "127.0.0.1 port \(port)", errno: EADDRINUSE)
        ) {
            try server { $0.tcpPort = port }.start()
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func aServerStartsOnce() throws {
        let server = server()
        _ = try server.start()
        #expect(throws: ServeError.alreadyStarted) { try server.start() }
        server.stop()
        #expect(throws: ServeError.alreadyStarted) { try server.start() }
    }

    @Test func ipv6LoopbackWorksWhereThereIsOne() throws {
        let server = server {
            $0.tcpPort = 0
            $0.tcpHost = "::1"
        }
        defer { server.stop() }
        let result = Result { () throws(ServeError) in try server.start() }
        switch result {
        case .success(let bound): #expect(bound.tcpPort != nil)
        case .failure(.failed(_, _, let code)):
            #expect([EADDRNOTAVAIL, EAFNOSUPPORT].contains(code))
        case .failure(let error): Issue.record(error)
        }
    }
}
