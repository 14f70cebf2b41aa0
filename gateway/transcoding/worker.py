"""The transcoding process of one camera: jobs on standard input, results on standard output, until the input ends.

A process rather than a thread: what hostile bytes do to a decoder they do here, and one that hangs can be killed.
"""

import contextlib
import json
import os
import resource
import signal
import sys
from typing import BinaryIO

import av

from gateway.running import SIGNALS
from gateway.transcoding.coder import Coder, Limits
from gateway.transcoding.wire import HEAD_SIZE, Result, read_head, read_job, write_result

MEMORY = 2 * 1024**3
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
    """Give way to the relay, bound the memory that a picture can take, and work."""
    # The gateway ends this process by closing its input or by force. What a keyboard, a lost terminal or a service
    # manager sends to all processes is for the gateway to act on.
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    av.logging.set_level(av.logging.PANIC)
    with contextlib.suppress(BrokenPipeError):
        work(Coder(Limits(**json.loads(sys.argv[1]))), sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
