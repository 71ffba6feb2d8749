"""A stand-in for Apify: the same HTTP API over an invented world, for the demo and the tests."""

from pathlib import Path

from jobs.standin.server import Fault, Server, serving

TARGETS = Path(__file__).with_name("targets.toml")

__all__ = ["TARGETS", "Fault", "Server", "serving"]
