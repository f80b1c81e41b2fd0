"""The subcommands: one module a command, imported when it is chosen."""
