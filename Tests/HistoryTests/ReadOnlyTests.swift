import Model
import Testing

@testable import History

/// A file system that takes nothing any more, as after an error of the disk.
@Suite(.enabled(if: LoopDisk.refusal == nil, Comment(rawValue: LoopDisk.refusal ?? "")))
struct ReadOnlyTests {
    @Test func nothingIsWrittenAndWhatIsThereCanBeRead() throws {
        let disk = try LoopDisk(megabytes: 16)
        let path = disk.path + "/history"
        func open() throws(HistoryError) -> Store {
            try Store(directory: path, limits: .ample, nowMilliseconds: 0)
        }
        do {
            let store = try open()
            for pass in 1...3 as ClosedRange<UInt64> {
                _ = try store.append(.plain(at: Int64(pass) * 10, ["a": [pass]]))
            }
        }
        try disk.makeReadOnly()
        let error = #expect(throws: HistoryError.self) { try open() }
        #expect(error?.cause == .readOnly)
        #expect(error?.description.contains("Remount the file system read-write") == true)
        let reader = Reader(directory: path)
        #expect(try reader.bounds()?.newest.id == PassID(3))
        #expect(try reader.stretch(after: PassID(0), of: Selection())?.passes.count == 3)
    }
}
