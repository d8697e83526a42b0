/// The order in which people expect numbered names: `mlx5_2` before `mlx5_10`.
package enum NaturalOrder {
    /// Whether one name comes before another.
    package static func isBefore(_ left: String, _ right: String) -> Bool {
        var (left, right) = (Substring(left), Substring(right))
        while let first = left.first, let second = right.first {
            if first.isASCIIDigit, second.isASCIIDigit {
                let (a, b) = (number(&left), number(&right))
                if a != b { return (a.utf8.count, a) < (b.utf8.count, b) }
            } else {
                if first != second { return first < second }
                left.removeFirst()
                right.removeFirst()
            }
        }
        return left.isEmpty && !right.isEmpty
    }

    // The digits at the front without leading zeros: their number orders before their text does.
    private static func number(_ text: inout Substring) -> Substring {
        let digits = text.prefix(while: \.isASCIIDigit)
        text = text.dropFirst(digits.count)
        return digits.drop { $0 == "0" }
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
