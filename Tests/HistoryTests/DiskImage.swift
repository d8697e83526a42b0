import Foundation
import HistoryScript

/// What is on the disk while files are written, and what a power cut leaves of it.
struct DiskImage {
    /// What becomes of writes that were not waited for.
    enum Fate: CaseIterable {
        /// None was done.
        case lost
        /// All were.
        case done
        /// The first ones were, and one was torn.
        case inOrder
        /// Each was done, torn or not done.
        case anyOrder
        /// Most were done.
        case mostly
    }

    private enum Write {
        case whole, torn, none
    }

    private typealias Files = [WriteLog.File: [UInt8]]

    private static let sectorBytes = 512

    // What a power cut leaves in any case.
    private var files: Files = [:]
    private var pending: [WriteLog.Step] = []

    /// The files of a directory as they are.
    init(_ directory: String) {
        for file in WriteLog.File.allCases {
            let data = FileManager.default.contents(atPath: directory + "/" + file.rawValue)
            files[file] = data.map { [UInt8]($0) } ?? []
        }
    }

    /// Takes the next step of the writer.
    mutating func take(_ step: WriteLog.Step) {
        switch step {
        case .write, .truncate: pending.append(step)
        case .kept: break
        case .sync(let file):
            for step in pending where step.file == file { Self.apply(step, to: &files) }
            pending.removeAll { $0.file == file }
        }
    }

    /// Writes into a directory what a power cut now leaves.
    func cut(_ fate: Fate, into directory: String, _ random: inout SeededGenerator) throws {
        var files = files
        let last = Int.random(in: 0...pending.count, using: &random)
        for (index, step) in pending.enumerated() {
            switch Self.choose(fate, isBefore: index < last, isLast: index == last, &random) {
            case .none: break
            case .whole: Self.apply(step, to: &files)
            case .torn: Self.tear(step, &files, &random)
            }
        }
        for (file, bytes) in files {
            try Data(bytes).write(to: URL(filePath: directory + "/" + file.rawValue))
        }
    }

    private static func choose(
        _ fate: Fate, isBefore: Bool, isLast: Bool, _ random: inout SeededGenerator
    ) -> Write {
        switch fate {
        case .lost: .none
        case .done: .whole
        case .inOrder: isBefore ? .whole : isLast ? .torn : .none
        case .anyOrder: [.whole, .torn, .none][Int.random(in: 0..<3, using: &random)]
        case .mostly: random.chance(90) ? .whole : random.chance(50) ? .torn : .none
        }
    }

    private static func apply(_ step: WriteLog.Step, to files: inout Files) {
        switch step {
        case .write(let file, let offset, let bytes):
            put(bytes[...], at: offset, into: &files[file, default: []])
        case .truncate(let file, let size):
            // SQLite only ever makes files smaller by this.
            let old = files[file]?.count ?? 0
            files[file]?.removeLast(max(0, old - size))
        case .sync, .kept: break
        }
    }

    // Sector by sector of the disk, each done or not.
    private static func tear(
        _ step: WriteLog.Step, _ files: inout Files, _ random: inout SeededGenerator
    ) {
        guard case .write(let file, let offset, let bytes) = step else { return }
        var start = 0
        while start < bytes.count {
            let sector = (offset + start) / sectorBytes
            let end = min(bytes.count, (sector + 1) * sectorBytes - offset)
            if random.chance(50) {
                put(bytes[start..<end], at: offset + start, into: &files[file, default: []])
            }
            start = end
        }
    }

    private static func put(_ bytes: ArraySlice<UInt8>, at offset: Int, into file: inout [UInt8]) {
        let missing = offset + bytes.count - file.count
        if missing > 0 { file.append(contentsOf: repeatElement(0, count: missing)) }
        file.withUnsafeMutableBytes { file in
            bytes.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: file[offset...])
                    .copyMemory(from: $0)
            }
        }
    }
}

extension WriteLog.Step {
    /// The file that the step is about.
    fileprivate var file: WriteLog.File? {
        switch self {
        case .write(let file, _, _), .truncate(let file, _), .sync(let file): file
        case .kept: nil
        }
    }
}
