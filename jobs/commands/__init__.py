"""The command line, one module for each help panel. Heavy imports wait inside the commands."""
