import Glibc
import History
import HistoryScript

// Writes a history as long as it lives, and tells each pass that is kept on its output, in eight
// bytes: history-writer DIRECTORY SEED. Whoever started it kills it.
let words = CommandLine.arguments
guard words.count == 3, let seed = UInt64(words[2]) else { exit(2) }
let script = Script(seed: seed)
let store = try Store(directory: words[1], limits: .busy, nowMilliseconds: 0)
var pass = try store.restore()?.pass.id.rawValue ?? 0
while true {
    pass += 1
    var kept = try script.append(pass, to: store).rawValue
    guard kept == pass, write(STDOUT_FILENO, &kept, 8) == 8 else { exit(3) }
    try store.seal()
}
