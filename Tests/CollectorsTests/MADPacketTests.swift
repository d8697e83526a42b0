import Collectors
import Model
import Testing

/// The octets of a datagram, for comparing and for writing down.
func octets(_ packet: MADPacket) -> [UInt8] {
    packet.withUnsafeReadableOctets { base in
        (0..<MADPacket.size).map { base.load(fromByteOffset: $0, as: UInt8.self) }
    }
}

/// A datagram of annotated hexadecimal: `offset: octets` with comments behind `#`.
func packet(_ text: String) -> MADPacket {
    var result = MADPacket()
    for line in text.split(separator: "\n") {
        let parts = line.prefix { $0 != "#" }.split(separator: ":")
        guard parts.count == 2, let offset = Int(parts[0].filter { $0 != " " }) else { continue }
        for (place, octet) in parts[1].split(separator: " ").enumerated() {
            let value = UInt8(octet, radix: 16) ?? 0
            result.withUnsafeOctets {
                $0.storeBytes(of: value, toByteOffset: offset + place, as: UInt8.self)
            }
        }
    }
    return result
}

@Suite struct MADPacketTests {
    private func encoded(
        _ route: MADRoute, attribute: UInt16, selector: UInt8, transaction: UInt32 = 0xdead_beef
    ) -> MADPacket {
        var result = MADPacket()
        result.encode(
            MADQuestion(
                port: MADPort(index: 0), route: route, attribute: attribute, selector: selector),
            transaction: transaction)
        return result
    }

    @Test func nodeInfoOutOfTheSecondPort() {
        let expected = packet(
            """
            0: 01 81 01 01              # base version, class: directed SMP, class version, Get
            4: 00 00 00 01              # status, hop pointer 0, hop count 1
            8: 00 00 00 00 de ad be ef  # transaction
            16: 00 11 00 00 00 00 00 00 # NodeInfo, no modifier
            32: ff ff ff ff             # permissive LIDs at both ends
            128: 00 02                  # initial path 0,2
            """)
        let question = encoded(.acrossCable(localPort: 2), attribute: 0x11, selector: 0)
        #expect(octets(question) == octets(expected))
    }

    @Test func portInfoOfThePortItself() {
        let expected = packet(
            """
            0: 01 81 01 01
            4: 00 00 00 00              # hop count 0: nobody but the port itself
            8: 00 00 00 00 00 00 00 01
            16: 00 15 00 00 00 00 00 02 # PortInfo of port 2
            32: ff ff ff ff
            """)
        let question = encoded(.toSelf, attribute: 0x15, selector: 2, transaction: 1)
        #expect(octets(question) == octets(expected))
    }

    @Test(arguments: [0x01, 0x12, 0x15, 0x16, 0x1d, 0x1f] as [UInt8])
    func performanceQuery(attribute: UInt8) {
        let expected = packet(
            """
            0: 01 04 01 01              # class: performance management, Get
            8: 00 00 00 00 00 00 ab cd
            16: 00 \(Hexadecimal.padded(attribute, digits: 2)) 00 00 00 00 00 00
            64: 00 29                   # PortSelect 41
            """)
        let question = encoded(
            .lid(7, serviceLevel: 3), attribute: UInt16(attribute), selector: 41,
            transaction: 0xabcd)
        #expect(octets(question) == octets(expected))
    }

    @Test func theDirectionBitIsNoStatus() {
        let answer = packet("0: 01 81 01 81\n4: 80 00 00 01\n16: 00 11")
        #expect(answer.status == 0)
        #expect(packet("0: 01 81 01 81\n4: 80 0c 00 01").status == 0x0c)
    }

    @Test(arguments: [
        "0: 01 04 01 81\n16: 00 1d": true,  // GetResp
        "0: 01 04 01 01\n16: 00 1d": false,  // our own question
        "0: 01 04 01 81\n16: 00 12": false,  // another attribute
        "0: 01 81 01 81\n16: 00 1d": false,  // another class
    ])
    func onlyAnAnswerAnswers(text: String, isAnswer: Bool) {
        let question = MADQuestion(
            port: MADPort(index: 0), route: .lid(1, serviceLevel: 0), attribute: 0x1d, selector: 1)
        #expect(packet(text).answers(question) == isAnswer)
    }

    @Test func onlyTheLowHalfOfTheTransactionIsOurs() {
        #expect(packet("8: 00 07 00 03 de ad be ef").transaction == 0xdead_beef)
    }
}
