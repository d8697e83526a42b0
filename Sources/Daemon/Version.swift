/// The version of the product.
package enum Version {
    /// The version as text; daemon and probe must agree on it.
    package static let text = "0.1.0"
}
