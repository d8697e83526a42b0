import Foundation
import Testing

/// What the end-to-end tests need of the machine, and what is said when it is not there.
enum Requirements {
    /// The directory of the released binaries; nil when they were not built for the tests.
    static let binaries = environment("FABRICWATCH_BIN_DIR").map {
        URL(fileURLWithPath: $0, isDirectory: true)
    }

    /// The root of the repository.
    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let noBinaries: Comment = """
        FABRICWATCH_BIN_DIR is not set: `make test` builds the released binaries and sets it.
        """

    static let noTools: Comment = """
        Not installed: \(missing.joined(separator: ", ")). Install with: deploy/packages.sh test
        """

    /// Where the tools are a duty, a missing one is a failure and not a reason to skip.
    static let mayRun = missing.isEmpty || environment("CI") == "true"

    /// Fails where the tools are a duty and one is missing.
    static func check() throws {
        guard missing.isEmpty else { throw Failure(noTools.rawValue) }
    }

    /// Where a program lies; nil when it is not installed.
    static func find(_ program: String) -> URL? {
        let path = (environment("PATH") ?? "") + ":/usr/sbin:/sbin"
        return path.split(separator: ":")
            .map { URL(fileURLWithPath: "\($0)/\(program)") }
            .first { access($0.path, X_OK) == 0 }
    }

    private static let missing = [
        "ibsim", "opensm", "perfquery", "prometheus", "promtool", "gzip", "sqlite3",
    ]
    .filter { find($0) == nil }

    private static func environment(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name]
    }
}

/// Something that a test could not do or did not see in time.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
