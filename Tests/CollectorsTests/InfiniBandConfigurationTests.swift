import Collectors
import Testing

@Suite struct InfiniBandConfigurationTests {
    @Test(
        arguments: [
            ([], [], "mlx5_0", true, true),
            (["mlx5_1"], [], "mlx5_0", false, false),
            (["mlx5_*"], [], "mlx5_10", true, true),
            (["mlx5_0/1"], [], "mlx5_0", true, true),
            (["mlx5_0/2"], [], "mlx5_0", true, false),
            ([], ["mlx5_0"], "mlx5_0", false, false),
            ([], ["mlx5_0/*"], "mlx5_0", false, false),
            ([], ["mlx5_0/1"], "mlx5_0", true, false),
            (["mlx5_0"], ["*"], "mlx5_0", false, false),
            ([], ["mlx5_?"], "mlx5_10", true, true),
        ] as [([String], [String], String, Bool, Bool)])
    func lists(include: [String], exclude: [String], device: String, touch: Bool, port1: Bool) {
        var configuration = InfiniBandConfiguration()
        configuration.include = include
        configuration.exclude = exclude
        #expect(configuration.mayTouch(device: device) == touch)
        #expect(
            (configuration.mayTouch(device: device)
                && configuration.selects(device: device, port: 1)) == port1)
    }

    @Test func theBudgetIsThreeQuestionsThatGoUnanswered() {
        var configuration = InfiniBandConfiguration()
        #expect(configuration.passBudgetNanoseconds == 1_500_000_000)
        configuration.timeoutNanoseconds = 100_000_000
        configuration.retries = 2
        #expect(configuration.passBudgetNanoseconds == 900_000_000)
        configuration.timeoutNanoseconds = .max
        #expect(configuration.passBudgetNanoseconds == .max)
    }
}
