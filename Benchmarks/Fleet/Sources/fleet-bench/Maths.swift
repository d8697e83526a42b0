import Glibc

/// The C library's functions by their names.
enum Maths {
    static func exp(_ value: Double) -> Double { Glibc.exp(value) }
    static func log(_ value: Double) -> Double { Glibc.log(value) }
    static func cosine(_ value: Double) -> Double { Glibc.cos(value) }
    static func power(_ base: Double, _ exponent: Double) -> Double { Glibc.pow(base, exponent) }
}
