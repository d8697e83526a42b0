import ArgumentParser
import Wire

@main struct Fabricwatch: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "fabricwatch",
            abstract: "Says what the daemon knows of this node's InfiniBand cables and GPUs.",
            discussion: """
                Exit status:
                  0   done; for health: PASS or INFO
                  1   health: WARNING
                  2   health: CRITICAL
                  3   health: UNKNOWN
                  4   the daemon cannot be reached, or its answer cannot be used
                  64  wrong arguments
                """,
            version: Version.text,
            subcommands: [
                HealthCommand.self, ExplainCommand.self, LinksCommand.self, GPUsCommand.self,
                PCIeCommand.self, InventoryCommand.self, DeltasCommand.self, EventsCommand.self,
                MarksCommand.self, MarkCommand.self, MaintenanceCommand.self,
                AcknowledgeCommand.self, HistoryCommand.self,
            ])
    }
}
