"""Toxwatch's errors and their exit codes, so that scripts can tell them apart.

ToxwatchError        1
├── BadInput         2  an argument, setting or file is wrong: fix it and run again
├── RefusedData      3  the night's data failed its checks: read the report
├── FailedService    4  Apify, the disk or another service failed: run again later
└── Busy             5  another process is writing: wait for it
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
