/// The version of the product.
package enum Version {
    /// The version as text; a daemon and its probes must agree on it.
    package static let text = "0.1.0"
}
