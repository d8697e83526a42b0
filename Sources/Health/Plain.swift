/// Numbers for people, without Foundation's formatters.
enum Plain {
    /// A number without a fraction where it has none.
    static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
    }

    /// Seconds in the largest unit that leaves no fraction: `30 s`, `12 min`, `24 h`.
    static func duration(_ seconds: Double) -> String {
        let whole = seconds.rounded()
        guard whole >= 60, whole < 1e9 else { return "\(number(seconds)) s" }
        let value = Int(whole)
        if value % 3600 == 0 { return "\(value / 3600) h" }
        if value % 60 == 0 { return "\(value / 60) min" }
        return "\(value) s"
    }

    /// About how long: `40 s`, `12 min`, `3 h`, `2 d`.
    static func about(_ seconds: Double) -> String {
        switch seconds {
        case ..<120: "\(Int(max(0, seconds).rounded())) s"
        case ..<7200: "\(Int((seconds / 60).rounded())) min"
        case ..<172_800: "\(Int((seconds / 3600).rounded())) h"
        default: "\(Int((min(seconds, 1e12) / 86_400).rounded())) d"
        }
    }

    /// A window of time, or for how long of it something was watched where that is less.
    static func window(_ seconds: Double, watched: Double) -> String {
        watched > 0 && watched < seconds ? about(watched) : duration(seconds)
    }

    /// A ratio with two digits and a power of ten: `1.2e-14`; `0` for nothing.
    static func ratio(_ value: Double) -> String {
        guard value > 0, value.isFinite else { return "0" }
        var mantissa = value
        var exponent = 0
        while mantissa >= 9.95 {
            mantissa /= 10
            exponent += 1
        }
        while mantissa < 0.995 {
            mantissa *= 10
            exponent -= 1
        }
        let tenths = Int((mantissa * 10).rounded())
        let digits = tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
        return exponent == 0 ? digits : "\(digits)e\(exponent)"
    }

    /// `1.4 times`, `12 times`.
    static func times(_ factor: Double) -> String {
        guard factor < 10 else { return "\(Int(min(factor, 1e9).rounded())) times" }
        let tenths = Int((max(0, factor) * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10) times" : "\(tenths / 10).\(tenths % 10) times"
    }

    /// `1 error`, `2 errors`.
    static func counted(_ count: UInt64, _ singular: String, _ plural: String? = nil) -> String {
        count == 1 ? "1 \(singular)" : "\(count) \(plural ?? singular + "s")"
    }
}
