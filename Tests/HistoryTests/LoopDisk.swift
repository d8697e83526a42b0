import Foundation
import Testing

/// A small file system of its own, in a file.
final class LoopDisk {
    /// Why there can be none here; nil where there can.
    static let refusal: String? = {
        do {
            _ = try LoopDisk(megabytes: 8)
            return nil
        } catch {
            return "No loop device can be mounted here (needs root): \(error)"
        }
    }()

    let path: String
    private let image: TemporaryDirectory
    private var filler: String { path + "/filler" }

    init(megabytes: Int) throws {
        image = try TemporaryDirectory()
        path = image.path + "/mounted"
        let file = image.path + "/image"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false)
        try Self.run("truncate", "--size=\(megabytes)M", file)
        // No blocks set aside for root, which would be free for the test alone.
        try Self.run("mkfs.ext4", "-q", "-b", "1024", "-m", "0", file)
        try Self.run("mount", "-o", "loop", file, path)
    }

    deinit {
        try? Self.run("umount", path)
    }

    /// Takes all bytes but so many, and what of it is not a whole block.
    func fill(leaving bytes: Int) throws {
        let descriptor = open(filler, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 7, count: 1 << 16)
        for size in [block.count, 1024, 1] {
            while write(descriptor, block, size) == size {}
            try #require(errno == ENOSPC)
        }
        var status = stat()
        try #require(fstat(descriptor, &status) == 0)
        try #require(ftruncate(descriptor, max(0, Int(status.st_size) - bytes)) == 0)
        try #require(fsync(descriptor) == 0)
    }

    /// Lets nothing be written any more.
    func makeReadOnly() throws {
        try Self.run("mount", "-o", "remount,ro", path)
    }

    /// Gives everything back.
    func free() {
        unlink(filler)
    }

    private static func run(_ words: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        var environment = ProcessInfo.processInfo.environment
        environment["PATH"] = (environment["PATH"] ?? "/usr/bin:/bin") + ":/usr/sbin:/sbin"
        process.environment = environment
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Refusal(description: words[0] + ": " + String(decoding: said, as: UTF8.self))
        }
    }

    private struct Refusal: Error, CustomStringConvertible {
        let description: String
    }
}
