"""`python -m tests.faults [NUMBER]` prints the tables of docs/security.md: what was tried and what was found.

NUMBER is how often each promise is tried against each trouble, 100 if not given; input is made up ten times as often.
Runs as root, since it mounts disks, and needs a C compiler and mkfs.ext4.
"""

import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.faults import fuzz, trials
from tests.faults.promises import PROMISES

TROUBLES = {"power": trials.power, "disk errors": trials.errors, "memory": trials.memory}
VALUES = {"TOXWATCH_AUTHOR_KEY": "one key for all trials, a long one"}


def main(number: int) -> int:
    """How many promises were not kept."""
    broken = 0
    print("| promise | trouble | tried | old found | new found | in between | broken |\n|---|---|---|---|---|---|---|")
    for promise in PROMISES:
        for name, trouble in TROUBLES.items():
            result = trouble(promise, number, random.Random(f"{promise.name} {name}"))
            counts = [result.tried, *(result.outcomes[one] for one in ("old", "new", "between")), len(result.broken)]
            print(f"| {promise.name} | {name} | {' | '.join(map(str, counts))} |", flush=True)
            for one in result.broken[:3]:
                print(f"{promise.name}, {name}: {one}", file=sys.stderr, flush=True)
            broken += len(result.broken)
    print("\n| reader | inputs made up | broken |\n|---|---|---|")
    for name, read in fuzz.READERS.items():
        read(10 * number)  # raises where one is
        print(f"| {name} | {10 * number:,} | 0 |", flush=True)
    return broken


if __name__ == "__main__":
    if "LD_PRELOAD" not in os.environ:
        with tempfile.TemporaryDirectory() as place:
            environment = os.environ | VALUES | {"LD_PRELOAD": str(trials.compiled(Path(place)))}
            command = [sys.executable, "-m", "tests.faults", *sys.argv[1:]]
            sys.exit(subprocess.run(command, env=environment, check=False).returncode)
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 100) > 0)
