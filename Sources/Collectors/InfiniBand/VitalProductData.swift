import Model

/// What the vital product data of a PCI function says of the board (PCI 3.0, appendix I).
package struct VitalProductData: Hashable, Sendable {
    /// The part number; nil when there is none, or it is no text.
    package private(set) var part: String?
    /// The serial number; likewise.
    package private(set) var serial: String?
    /// Whether a vendor's field has `SW_MNG`: the function is how an HGX B200 or B300 reaches its
    /// NVSwitches, with the device ID of an HCA that is for sale.
    package private(set) var isForNVSwitches = false

    // The most that is shown of a text.
    private static let textLimit = 64

    /// Reads the octets of `vpd` in sysfs; nil where they are not vital product data: no read-only
    /// part, one that is cut off, or one whose checksum is missing or wrong.
    package init?(_ octets: [UInt8]) {
        var parts = Parts(octets)
        var isChecked = false
        while let (name, range) = parts.next() {
            switch name {
            case Parts.readOnly where !isChecked:
                guard takeReadOnly(octets, range) else { return nil }
                isChecked = true
            case Parts.writable where isChecked:
                for (keyword, value) in Fields(octets, range) { takeVendor(keyword, octets[value]) }
            default: break
            }
        }
        guard isChecked else { return nil }
    }

    // The checksum makes the sum of everything up to itself zero; what follows it is spare.
    private mutating func takeReadOnly(_ octets: [UInt8], _ range: Range<Int>) -> Bool {
        for (keyword, value) in Fields(octets, range) {
            switch keyword {
            case "PN": part = part ?? Self.text(octets[value])
            case "SN": serial = serial ?? Self.text(octets[value])
            case "RV":
                return !value.isEmpty && octets[...value.lowerBound].reduce(0, &+) == 0
            default: takeVendor(keyword, octets[value])
            }
        }
        return false
    }

    private mutating func takeVendor(_ keyword: String, _ value: ArraySlice<UInt8>) {
        guard keyword.hasPrefix("V"), ByteScanner.find("SW_MNG", in: value) != nil else { return }
        isForNVSwitches = true
    }

    private static func text(_ value: ArraySlice<UInt8>) -> String? {
        let isPadding = { (octet: UInt8) in octet == 0 || octet == 0x20 }
        guard let end = value.lastIndex(where: { !isPadding($0) }) else { return nil }
        let text = value[...end].drop(while: isPadding)
        guard text.count <= textLimit,
            text.allSatisfy({ (0x20...0x7E).contains($0) })
        else { return nil }
        return String(decoding: text, as: UTF8.self)
    }
}

/// The large resources one after the other, until the end or what makes no sense.
private struct Parts {
    static let readOnly: UInt8 = 0x90
    static let writable: UInt8 = 0x91
    private static let end: UInt8 = 0x0F

    private let octets: [UInt8]
    private var place = 0

    init(_ octets: [UInt8]) {
        self.octets = octets
    }

    mutating func next() -> (name: UInt8, range: Range<Int>)? {
        while place < octets.count {
            let tag = octets[place]
            guard tag & 0x80 != 0 else {
                if tag >> 3 == Self.end { return nil }
                place += 1 + Int(tag & 7)
                continue
            }
            let start = place + 3
            guard start <= octets.count else { return nil }
            let length = Int(octets[place + 1]) | Int(octets[place + 2]) << 8
            guard length <= octets.count - start else { return nil }
            place = start + length
            return (tag, start..<place)
        }
        return nil
    }
}

/// The fields of a resource: a keyword of two letters, a length, the value.
private struct Fields: Sequence, IteratorProtocol {
    private let octets: [UInt8]
    private let end: Int
    private var place: Int

    init(_ octets: [UInt8], _ range: Range<Int>) {
        self.octets = octets
        (place, end) = (range.lowerBound, range.upperBound)
    }

    mutating func next() -> (keyword: String, value: Range<Int>)? {
        guard place + 3 <= end else { return nil }
        let keyword = String(decoding: octets[place..<place + 2], as: UTF8.self)
        let start = place + 3
        let length = Int(octets[place + 2])
        guard length <= end - start else { return nil }
        place = start + length
        return (keyword, start..<place)
    }
}
