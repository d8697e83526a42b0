import ArgumentParser
import Daemon
import Wire

@main struct Fabricwatchd: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "fabricwatchd",
            abstract: "Watches both ends of every InfiniBand cable of this node.",
            discussion: "Stops at SIGTERM. Exit status: 0 stopped, 1 could not run, 64 wrong "
                + "arguments, 78 wrong configuration.",
            version: Version.text, subcommands: [Probe.self])
    }

    @Option(help: ArgumentHelp("The configuration file.", valueName: "file"))
    var config = "/etc/fabricwatch/fabricwatch.yaml"

    @Option(help: ArgumentHelp("Check a configuration file and exit.", valueName: "file"))
    var checkConfig: String?

    func run() throws {
        guard let checkConfig else {
            throw ExitCode(Launcher.run(configuration: config))
        }
        let (text, status) = Launcher.check(checkConfig)
        print(text)
        throw ExitCode(status)
    }
}

struct Probe: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(abstract: "Used by the daemon itself.", shouldDisplay: false)
    }

    @Argument var kind: String

    func run() throws {
        throw ExitCode(ProbeMain.run(kind: kind))
    }
}
