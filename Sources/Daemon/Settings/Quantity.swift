/// A duration or a size as an operator writes it: a whole number and a unit, without a space.
///
/// Durations: ms, s, m, h, d. Sizes: KiB, MiB, GiB, TiB (powers of 1024) and KB, MB, GB, TB
/// (powers of 1000). Units are case-sensitive: Mb and mb mean other things elsewhere.
struct Quantity: Sendable {
    struct Unit: Sendable {
        let name: String
        /// In milliseconds, or in bytes.
        let amount: Int
    }

    /// From small to large; the first is the one a rendering falls back to.
    let units: [Unit]
    /// A value to show to those who left the unit out.
    let example: String

    static let duration = Quantity(
        units: [
            Unit(name: "ms", amount: 1), Unit(name: "s", amount: 1000),
            Unit(name: "m", amount: 60_000), Unit(name: "h", amount: 3_600_000),
            Unit(name: "d", amount: 86_400_000),
        ],
        example: "10s")

    static let size = Quantity(
        units: [
            Unit(name: "KB", amount: 1000), Unit(name: "KiB", amount: 1 << 10),
            Unit(name: "MB", amount: 1_000_000), Unit(name: "MiB", amount: 1 << 20),
            Unit(name: "GB", amount: 1_000_000_000), Unit(name: "GiB", amount: 1 << 30),
            Unit(name: "TB", amount: 1_000_000_000_000), Unit(name: "TiB", amount: 1 << 40),
        ],
        example: "512MiB")

    var unitNames: String { units.map(\.name).joined(separator: ", ") }

    /// The amount in milliseconds or bytes.
    func parse(_ text: String) throws(Refusal) -> Int {
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard let number = Int(digits) else { throw Refusal() }
        let name = text.dropFirst(digits.count)
        guard !name.isEmpty else {
            throw Refusal("a unit is needed (\(unitNames)), for example \(example)")
        }
        guard let unit = units.first(where: { $0.name == name }) else {
            throw Refusal("the units are \(unitNames), for example \(example)")
        }
        let (amount, overflow) = number.multipliedReportingOverflow(by: unit.amount)
        guard !overflow else { throw Refusal() }
        return amount
    }

    /// The shortest exact text: the unit that leaves the smallest whole number.
    func render(_ amount: Int) -> String {
        let exact = units.filter { amount % $0.amount == 0 && amount >= $0.amount }
        guard let unit = exact.max(by: { $0.amount < $1.amount }) ?? units.first else { return "" }
        return "\(amount / unit.amount)\(unit.name)"
    }
}

/// Why a value was refused, beyond "expected ..."; without a note that is all there is to say.
struct Refusal: Error, Equatable {
    let note: String?

    init(_ note: String? = nil) {
        self.note = note
    }
}

extension Duration {
    /// Whole milliseconds, the finest step of the settings.
    var wholeMilliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
