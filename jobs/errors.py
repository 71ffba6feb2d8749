"""Everything Toxwatch refuses or gives up on, each with the exit code that a script can tell apart.

ToxwatchError        1
├── BadInput         2  something typed, configured or handed over is wrong: mend it, run again
├── RefusedData      3  the night's data did not pass its checks: read the report
├── FailedService    4  Apify, the disk or another service failed: run again later
└── Busy             5  another process is writing the same night: wait for it
"""


class ToxwatchError(Exception):
    exit_code = 1


class BadInput(ToxwatchError):
    exit_code = 2


class RefusedData(ToxwatchError):
    exit_code = 3


class FailedService(ToxwatchError):
    exit_code = 4


class Busy(ToxwatchError):
    exit_code = 5
