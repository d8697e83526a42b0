import Glibc

/// How long ago something was, for people.
enum Age {
    /// `4.2s`, `3m12s`, `2h5m`, `3d4h`.
    static func text(seconds: Double) -> String {
        let tenths = Int(min(max(seconds, 0), 1e12) * 10)
        let whole = tenths / 10
        return switch whole {
        case ..<60: "\(whole).\(tenths % 10)s"
        case ..<3600: "\(whole / 60)m\(whole % 60)s"
        case ..<86_400: "\(whole / 3600)h\(whole / 60 % 60)m"
        default: "\(whole / 86_400)d\(whole / 3600 % 24)h"
        }
    }

    /// How long before `time` the time `since` was, both as the daemon writes them; `since` itself
    /// where one of them cannot be read.
    static func text(since: String, at time: String) -> String {
        guard let start = seconds(since), let end = seconds(time) else { return since }
        return text(seconds: end - start) + " ago"
    }

    // Seconds since 1970 of `2026-02-03T04:05:06.789Z`.
    private static func seconds(_ text: String) -> Double? {
        let parts = text.split { !$0.isNumber }.compactMap { Int32($0) }
        guard text.utf8.count == 24, text.last == "Z", parts.count == 7 else { return nil }
        var calendar = unsafe tm()
        unsafe calendar.tm_year = parts[0] - 1900
        unsafe calendar.tm_mon = parts[1] - 1
        unsafe calendar.tm_mday = parts[2]
        unsafe calendar.tm_hour = parts[3]
        unsafe calendar.tm_min = parts[4]
        unsafe calendar.tm_sec = parts[5]
        return unsafe Double(timegm(&calendar)) + Double(parts[6]) / 1000
    }
}
