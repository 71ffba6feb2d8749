"""The command line, one module per help panel. Heavy imports stay inside the commands."""
