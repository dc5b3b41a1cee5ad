"""The command line: one file per command, each thin; ``main`` finds them and owns the exit codes."""
