"""``make fuzz ARGS="--seconds 600 rtsp h264"``: fuzz the named targets, or all of them, two at a time.

An input that made a target fail is kept in ``.fuzz/NAME``, next to the inputs that were worth keeping. The next run
begins with those.
"""

import argparse
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
AT_ONCE = 2


def fuzz(name: str, seconds: int, directory: Path, seed: int = 0) -> "subprocess.CompletedProcess[str]":
    """Fuzz one target in a separate process. With ``seed`` 0, every run is different."""
    corpus = directory / name / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    limits = [f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1024", "-max_len=4096", f"-seed={seed}"]
    command = [sys.executable, "-m", "tests.fuzz.one", name, *limits]
    command += [f"-artifact_prefix={directory / name}/", str(corpus)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds + 60, check=False)


def said(run: "subprocess.CompletedProcess[str]") -> str:
    """Return the traceback, and the path of the input."""
    return run.stdout[-4000:] + run.stderr[-1000:]


def main() -> int:
    """Return 0 if nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("targets", nargs="*", choices=[[], *TARGETS], default=[])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--directory", type=Path, default=ROOT / ".fuzz")
    options = parser.parse_args()
    failed = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        names = options.targets or list(TARGETS)
        for name, run in zip(
            names, pool.map(lambda n: fuzz(n, options.seconds, options.directory), names), strict=True
        ):
            failed += run.returncode != 0
            print(f"{name}: {said(run) if run.returncode else run.stderr.strip().splitlines()[-1]}")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
