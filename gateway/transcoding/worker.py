"""The transcoding process of one camera: jobs on standard input, results on standard output, until the input ends.

A process rather than a thread: what hostile bytes do to a decoder they do here, and one that hangs can be killed.
"""

import contextlib
import json
import os
import signal
import sys
from typing import BinaryIO

import av

from gateway.running import SIGNALS
from gateway.transcoding.coder import Coder, Limits
from gateway.transcoding.confinement import confine
from gateway.transcoding.wire import HEAD_SIZE, Result, read_head, read_job, write_result

NICE = 5


def work(coder: Coder, jobs: BinaryIO, results: BinaryIO) -> None:
    """Do what is asked for until there is no more."""
    while len(head := jobs.read(HEAD_SIZE)) == HEAD_SIZE:
        header = read_head(head)
        job = read_job(header, jobs.read(header.size))
        for result in coder.code(job):
            results.write(write_result(result))
        results.write(write_result(Result(True, False, job.time)))
        results.flush()


def main() -> None:
    """Give way to the relay, give up what is not needed, and work."""
    # The gateway ends this process by closing its input or by force. What a keyboard, a lost terminal or a service
    # manager sends to all processes is for the gateway to act on.
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    os.nice(NICE)
    av.logging.set_level(av.logging.PANIC)
    coder = Coder(Limits(**json.loads(sys.argv[1])))
    confine()
    with contextlib.suppress(BrokenPipeError):
        work(coder, sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
