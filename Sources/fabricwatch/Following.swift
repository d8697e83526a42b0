import Glibc

/// Asking again and again, from where the answer before ended.
enum Following {
    /// Takes steps without end; each gets a cursor and returns the next one.
    ///
    /// The cursor moves only when its answer is on the page, so that a restart of the daemon
    /// neither loses nor repeats anything. What may pass is said once; anything else ends it.
    static func forever(
        from first: String, every seconds: Double,
        _ step: (String) throws(ClientError) -> String
    ) throws(ClientError) -> Never {
        Interrupt.endsCleanly()
        var cursor = first
        var isComplaining = false
        while true {
            pause(seconds)
            do throws(ClientError) {
                cursor = try step(cursor)
                isComplaining = false
            } catch {
                guard error.isTransient else { throw error }
                if !isComplaining { Console.complain("\(error) Trying again.") }
                isComplaining = true
            }
        }
    }

    private static func pause(_ seconds: Double) {
        let whole = seconds.rounded(.down)
        var length = timespec(tv_sec: Int(whole), tv_nsec: Int((seconds - whole) * 1e9))
        unsafe nanosleep(&length, nil)
    }
}

extension String {
    /// The text as a value in a path or query: everything but unreserved characters is escaped
    /// (RFC 3986, 2.3).
    var urlEscaped: String {
        utf8.reduce(into: "") { escaped, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                escaped += byte < 16 ? "%0" : "%"
                escaped += String(byte, radix: 16, uppercase: true)
            }
        }
    }
}
