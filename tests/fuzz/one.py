"""Fuzzes one target in this process, which atheris then ends:

    python -m tests.fuzz.one NAME [options of libFuzzer] CORPUS

Exits with a traceback and the input (-artifact_prefix) at the first error that the target does not declare.
"""

import sys
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["gateway.sources", "gateway.webrtc", "gateway.relay"]):
    from tests.fuzz.targets import TARGETS
from tests.fuzz.memory import held

LOOK_EVERY = 256  # the number of inputs between two measurements of the living object


def main() -> None:
    """Run until a limit or an error."""
    name, corpus = sys.argv[1], Path(sys.argv[-1])
    target = TARGETS[name]
    for place, seed in enumerate(target.seeds):
        (corpus / f"seed-{place}").write_bytes(seed)
    living = target.make()
    inputs = 0

    def one_input(data: bytes) -> None:
        """Feed a fresh object, so that an error can be reproduced, then the living one."""
        nonlocal living, inputs
        with suppress(*target.over):
            target.feed(target.make(), data)
        try:
            target.feed(living, data)
        except target.over:
            living = target.make()
        inputs += 1
        if inputs % LOOK_EVERY == 0:
            assert held(living) - idle <= target.bound, "holds more than its bound"

    idle = held(living)
    atheris.Setup([sys.argv[0], *sys.argv[2:]], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
