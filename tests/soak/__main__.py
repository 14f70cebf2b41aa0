"""``make soak ARGS="--seconds 3600"``: a soak of any length, reported round by round and judged at the end."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.soak.run import soak
from tests.soak.verdict import verdict


def main() -> int:
    """Return 0 if nothing was left behind."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        rests, came = asyncio.run(soak(options.seconds, Path(directory), options.seed))
    for kind, count in sorted(came.items()):
        print(f"{count:6} {kind}")
    for rest in rests:
        print(
            f"after {rest.visits:6} visits: {rest.tasks.total()} tasks, {rest.descriptors} descriptors,"
            f" {rest.sessions} sessions, heap {rest.heap / 1e6:.2f} MB, resident {rest.resident / 1e6:.1f} MB"
        )
    faults = verdict(rests)
    print("\n".join(faults) or "nothing left behind")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
