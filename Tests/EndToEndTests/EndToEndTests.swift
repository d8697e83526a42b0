import Foundation
import Testing

/// The released programs on a simulated fabric, with its own tools and a real Prometheus as
/// witnesses.
@Suite(
    .serialized, .enabled(if: Requirements.binaries != nil, Requirements.noBinaries),
    .enabled(if: Requirements.mayRun, Requirements.noTools), FabricScope())
struct EndToEndTests {}
