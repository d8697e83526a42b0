import Foundation

/// The repository that these tests stand in, each text file read once.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let files: [SourceFile] = paths(below: root, ignoring: ignored()).compactMap(read)

    /// Larger files are recordings, not text that somebody wrote.
    private static let fileSizeMax = 1 << 20

    private static func read(_ path: String) -> SourceFile? {
        guard let data = try? Data(contentsOf: root.appendingPathComponent(path)),
            data.count <= fileSizeMax, !data.contains(0),
            let text = String(data: data, encoding: .utf8)
        else { return nil }
        return SourceFile(path: path, text: text)
    }

    /// Paths of plain files, relative to the root; of the hidden folders only `.ci` is looked into.
    private static func paths(below root: URL, ignoring ignored: [String]) -> [String] {
        let keys: [URLResourceKey] = [.isDirectoryKey, .isRegularFileKey]
        let walk = FileManager.default.enumerator(at: root, includingPropertiesForKeys: keys)
        var paths: [String] = []
        while let url = walk?.nextObject() as? URL {
            let name = url.lastPathComponent
            let values = try? url.resourceValues(forKeys: Set(keys))
            let isFolder = values?.isDirectory == true
            let isIgnored = ignored.contains {
                $0.hasPrefix("*") ? name.hasSuffix($0.dropFirst()) : name == $0
            }
            let isHidden = name.hasPrefix(".") && name != ".ci"
            if isFolder && (isHidden || isIgnored) {
                walk?.skipDescendants()
            } else if values?.isRegularFile == true, !isIgnored {
                paths.append(String(url.path.dropFirst(root.path.count + 1)))
            }
        }
        return paths.sorted()
    }

    /// The names and endings that `.gitignore` leaves out of the repository.
    private static func ignored() -> [String] {
        let file = root.appendingPathComponent(".gitignore")
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        let names = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
            String($0.hasSuffix("/") ? $0.dropLast() : $0)
        }
        // In a linked checkout .git is a file.
        return names + [".git"]
    }
}
