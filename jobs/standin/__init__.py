"""A stand-in for Apify: the same HTTP API over an invented world, for the demo and the tests."""

from pathlib import Path

from jobs.standin.faults import Fault
from jobs.standin.server import Habits, Server, serving

TARGETS = Path(__file__).with_name("targets.toml")

__all__ = ["TARGETS", "Fault", "Habits", "Server", "serving"]
