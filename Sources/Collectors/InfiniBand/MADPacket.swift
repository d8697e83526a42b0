import CInfiniBand

/// One management datagram: 256 octets in network order (IBTA vol 1, 13.4.2).
package struct MADPacket: Sendable {
    /// Octets in a datagram.
    package static let size = 256

    private var octets = InlineArray<256, UInt8>(repeating: 0)

    /// All zero.
    package init() {}

    /// Hands the octets to a C function; the pointer is valid only within `body`.
    @unsafe package mutating func withUnsafeOctets<Result>(
        _ body: (UnsafeMutableRawPointer) -> Result
    ) -> Result {
        unsafe withUnsafeMutablePointer(to: &octets) { unsafe body(UnsafeMutableRawPointer($0)) }
    }

    /// Hands the octets to a C function that reads; the pointer is valid only within `body`.
    ///
    /// libibmad's decoders take pointers to mutable memory and do not write.
    @unsafe package func withUnsafeReadableOctets<Result>(
        _ body: (UnsafeMutableRawPointer) -> Result
    ) -> Result {
        unsafe withUnsafePointer(to: octets) {
            unsafe body(UnsafeMutableRawPointer(mutating: $0))
        }
    }

    /// A field of the header.
    package func header(_ field: MADField) -> UInt32 {
        unsafe withUnsafeReadableOctets { unsafe mad_get_field($0, 0, field.native) }
    }

    /// Decodes fields of the attribute in the datagram.
    package func decode<Result>(_ body: (borrowing MADReader) -> Result) -> Result {
        unsafe withUnsafeReadableOctets { unsafe body(MADReader(octets: $0)) }
    }
}

/// A field of libibmad's `enum MAD_FIELDS`: an offset and a width.
package struct MADField: Hashable, Sendable {
    /// The number in the enumeration.
    package let rawValue: UInt32

    /// A field by its number in the enumeration.
    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    init(_ native: MAD_FIELDS) {
        rawValue = native.rawValue
    }

    var native: MAD_FIELDS { MAD_FIELDS(rawValue: rawValue) }
}

/// Reads fields of the attribute in one datagram, while that datagram lends its octets.
@safe
package struct MADReader: ~Copyable {
    // SMPs and performance datagrams both carry their attribute from octet 64 on.
    private static let dataOffset: Int32 = 64

    private let octets: UnsafeMutableRawPointer

    fileprivate init(octets: UnsafeMutableRawPointer) {
        unsafe self.octets = octets
    }

    /// A field of at most 32 bits.
    package func value(_ field: MADField) -> UInt32 {
        unsafe mad_get_field(octets, Self.dataOffset, field.native)
    }

    /// A field of 64 bits.
    package func wideValue(_ field: MADField) -> UInt64 {
        unsafe mad_get_field64(octets, Self.dataOffset, field.native)
    }

    /// An octet of the attribute, for what libibmad has no field for.
    package func octet(_ offset: Int) -> UInt8 {
        unsafe octets.load(fromByteOffset: Int(Self.dataOffset) + offset, as: UInt8.self)
    }
}

/// A question to a port: always a Get, never a Set.
package struct MADQuestion: Hashable, Sendable {
    /// The open port that asks.
    package var port: MADPort
    /// How the question gets to whom it is for.
    package var route: MADRoute
    /// The attribute's number in its management class.
    package var attribute: UInt16
    /// The port that is asked about: AttributeModifier of an SMP, PortSelect of a performance
    /// query.
    package var selector: UInt8

    /// A question.
    package init(port: MADPort, route: MADRoute, attribute: UInt16, selector: UInt8) {
        self.port = port
        self.route = route
        self.attribute = attribute
        self.selector = selector
    }

    /// The management class that the route belongs to.
    package var managementClass: UInt8 {
        switch route {
        case .toSelf, .acrossCable: UInt8(IB_SMI_DIRECT_CLASS.rawValue)
        case .lid: UInt8(IB_PERFORMANCE_CLASS.rawValue)
        }
    }
}

extension MADPacket {
    /// Becomes the question as a datagram with that transaction number.
    ///
    /// Only the low 32 bits of the number are ours: the kernel puts its own into the others.
    package mutating func encode(_ question: MADQuestion, transaction: UInt32) {
        self = MADPacket()
        var call = ib_rpc_t()
        call.mgtclass = Int32(question.managementClass)
        call.method = Int32(IB_MAD_METHOD_GET.rawValue)
        call.attr.id = UInt32(question.attribute)
        call.trid = UInt64(transaction)
        var path = ib_dr_path_t()
        switch question.route {
        case .toSelf:
            call.attr.mod = UInt32(question.selector)
        case .acrossCable(let port):
            call.attr.mod = UInt32(question.selector)
            path.cnt = 1
            path.p.1 = port
        case .lid:
            break
        }
        unsafe withUnsafeOctets {
            // A null result means a path that is too long, which these never are.
            _ = unsafe mad_encode($0, &call, &path, nil)
            guard case .lid = question.route else { return }
            unsafe mad_set_field(
                $0, Int32(IB_PC_DATA_OFFS), IB_PC_PORT_SELECT_F, UInt32(question.selector))
        }
    }

    /// The low 32 bits of the transaction number.
    package var transaction: UInt32 {
        unsafe withUnsafeReadableOctets {
            UInt32(truncatingIfNeeded: unsafe mad_get_field64($0, 0, IB_MAD_TRID_F))
        }
    }

    /// Whether this is the answer to a Get of that class and attribute.
    package func answers(_ question: MADQuestion) -> Bool {
        header(.method) == IB_MAD_METHOD_GET.rawValue && header(.response) == 1
            && header(.managementClass) == question.managementClass
            && header(.attribute) == question.attribute
    }

    /// The status of an answer without the direction bit of directed routes (IBTA vol 1,
    /// 13.4.7).
    package var status: UInt16 {
        UInt16(header(.status)) & 0x7fff
    }
}

extension MADField {
    /// The method without the response bit.
    package static let method = MADField(IB_MAD_METHOD_F)
    /// Whether it is an answer.
    package static let response = MADField(IB_MAD_RESPONSE_F)
    /// The management class.
    package static let managementClass = MADField(IB_MAD_MGMTCLASS_F)
    /// The status, for directed routes with the direction bit.
    package static let status = MADField(IB_MAD_STATUS_F)
    /// The attribute.
    package static let attribute = MADField(IB_MAD_ATTRID_F)
}
