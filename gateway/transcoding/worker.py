"""Transcodes one camera in a separate process: reads jobs on standard input and writes results on standard output.

It is a process and not a thread: whatever hostile bytes do to a decoder happens here, and a decoder that hangs can be
killed. It ends when its input ends.
"""

import contextlib
import json
import os
import signal
import sys
from io import BufferedIOBase

import av

from gateway.process.running import SIGNALS
from gateway.subprocesses.frames import READ_SIZE, Frames, frame
from gateway.subprocesses.values import write
from gateway.transcoding.coder import Coder, Limits
from gateway.transcoding.confinement import confine
from gateway.transcoding.jobs import JOBS, Result

NICE = 5


def work(coder: Coder, jobs: BufferedIOBase, results: BufferedIOBase) -> None:
    """Do all jobs until the input ends."""
    frames = Frames()
    while data := jobs.read1(READ_SIZE):
        for body in frames.feed(data):
            job = JOBS.read(body)
            for result in coder.code(job):
                results.write(frame(write(result)))
            results.write(frame(write(Result(True, False, job.time))))
            results.flush()


def main() -> None:
    """Lower the priority below that of the relay, give up rights, and start working."""
    # The gateway ends this process by closing its input or by killing it. Signals that a keyboard, a lost terminal or a
    # service manager sends to all processes are for the gateway to handle.
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    os.nice(NICE)
    av.logging.set_level(av.logging.PANIC)
    coder = Coder(Limits(**json.loads(sys.argv[1])))
    confine()
    with contextlib.suppress(BrokenPipeError), open(0, "rb") as jobs, open(1, "wb") as results:
        work(coder, jobs, results)


if __name__ == "__main__":
    main()
