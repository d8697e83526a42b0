/// When something was seen, on every clock that a reader may need.
///
/// Differences are taken on `boottime`, which neither steps nor stops in suspend; `wall` is for
/// people and for joining with other machines (clock_gettime(2)).
package struct Moment: Hashable, Sendable {
    /// The kernel's boot, `/proc/sys/kernel/random/boot_id`; empty when it cannot be read.
    package var bootID: String
    /// CLOCK_BOOTTIME in nanoseconds.
    package var boottimeNanoseconds: UInt64
    /// CLOCK_REALTIME in milliseconds since 1970-01-01T00:00:00Z.
    package var wallMilliseconds: Int64

    /// A moment from its three clocks.
    package init(bootID: String, boottimeNanoseconds: UInt64, wallMilliseconds: Int64) {
        self.bootID = bootID
        self.boottimeNanoseconds = boottimeNanoseconds
        self.wallMilliseconds = wallMilliseconds
    }

    /// Seconds from an earlier moment to this one: on the boot clock within one boot, else by wall
    /// clock; never negative.
    package func seconds(since earlier: Moment) -> Double {
        guard bootID == earlier.bootID else {
            return max(0, Double(wallMilliseconds - earlier.wallMilliseconds) / 1e3)
        }
        guard boottimeNanoseconds > earlier.boottimeNanoseconds else { return 0 }
        return Double(boottimeNanoseconds - earlier.boottimeNanoseconds) / 1e9
    }

    /// The wall clock as RFC 3339 text in UTC with milliseconds.
    package var text: String { Timestamp.text(milliseconds: wallMilliseconds) }
}

/// RFC 3339 times in UTC with milliseconds, without Foundation's formatters.
package enum Timestamp {
    private static let millisecondsPerDay: Int64 = 86_400_000

    /// The end of the year 9999, the last that the text of a time can say; milliseconds since 1970.
    package static let latestMilliseconds: Int64 = 253_402_300_799_999

    /// `2026-02-03T04:05:06.789Z` of milliseconds since 1970-01-01T00:00:00Z.
    package static func text(milliseconds: Int64) -> String {
        let day = floorDivide(milliseconds, millisecondsPerDay)
        let rest = (milliseconds % millisecondsPerDay + millisecondsPerDay) % millisecondsPerDay
        let (year, month, dayOfMonth) = date(daysSince1970: day)
        let clock = [rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60].map { padded($0, 2) }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))"
            + "T\(clock[0]):\(clock[1]):\(clock[2]).\(padded(rest % 1000, 3))Z"
    }

    /// Milliseconds since 1970 of RFC 3339 text: `2026-02-03T04:05:06Z`, a fraction of one to nine
    /// digits (cut to milliseconds) and an offset such as `+01:00` are accepted; nil for anything
    /// else.
    package static func milliseconds(_ text: String) -> Int64? {
        var scanner = DigitScanner(text)
        guard let year = scanner.number(4), scanner.take("-"),
            let month = scanner.number(2), (1...12).contains(month), scanner.take("-"),
            let day = scanner.number(2), (1...31).contains(day),
            scanner.take("T") || scanner.take("t") || scanner.take(" "),
            let hour = scanner.number(2), hour < 24, scanner.take(":"),
            let minute = scanner.number(2), minute < 60, scanner.take(":"),
            let second = scanner.number(2), second < 61,
            let fraction = scanner.fraction(), let offset = scanner.offsetMinutes(),
            scanner.isAtEnd
        else { return nil }
        let days = daysSince1970(year: year, month: month, day: day)
        guard date(daysSince1970: days) == (year, month, day) else { return nil }
        let minutes = days * 1440 + hour * 60 + minute - offset
        return (minutes * 60 + second) * 1000 + fraction
    }

    // Civil dates from days and back, by eras of 400 years that start on 1 March.
    private static func date(daysSince1970 days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
        let yearFromMarch = month <= 2 ? year - 1 : year
        let era = floorDivide(yearFromMarch, 400)
        let yearOfEra = yearFromMarch - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        value / divisor - (value % divisor < 0 ? 1 : 0)
    }

    private static func padded(_ value: Int64, _ digits: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}

/// Takes fixed-width decimal numbers and separators from the front of a text.
private struct DigitScanner {
    private var rest: Substring.UTF8View

    init(_ text: String) {
        rest = Substring(text).utf8
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        rest = rest.dropFirst()
        return true
    }

    mutating func number(_ digits: Int) -> Int64? {
        let head = rest.prefix(digits)
        guard head.count == digits, head.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        rest = rest.dropFirst(digits)
        return head.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    // The milliseconds of an optional fraction; nil when a point has no digits behind it.
    mutating func fraction() -> Int64? {
        guard take(".") else { return 0 }
        var milliseconds: Int64 = 0
        var count = 0
        while let digit = number(1) {
            if count < 3 { milliseconds = milliseconds * 10 + digit }
            count += 1
        }
        guard (1...9).contains(count) else { return nil }
        for _ in min(count, 3)..<3 { milliseconds *= 10 }
        return milliseconds
    }

    mutating func offsetMinutes() -> Int64? {
        if take("Z") || take("z") { return 0 }
        let sign: Int64 = take("+") ? 1 : -1
        guard sign == 1 || take("-"), let hours = number(2), hours < 24, take(":"),
            let minutes = number(2), minutes < 60
        else { return nil }
        return sign * (hours * 60 + minutes)
    }
}
