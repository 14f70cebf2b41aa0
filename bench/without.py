"""The gateway without a part of it, for the bench alone: ``without.py health,gso serve --config …``.

In service neither has a switch. Picture health: a frozen picture must never look live. Segmentation by the kernel (UDP
GSO): the gateway finds out by itself where it is refused, as it is here. What each costs or saves is the difference.
"""

import socket
import sys
from typing import Any

from gateway.cli import main
from gateway.health.picture import PictureHealth

UDP_SEGMENT = 103  # linux/udp.h


class Refusing(socket.socket):
    """A socket of a kernel that knows no UDP segmentation."""

    def setsockopt(self, level: int, option: int, *value: Any) -> None:
        """As usual, but for that option. Raises OSError."""
        if (level, option) == (socket.IPPROTO_UDP, UDP_SEGMENT):
            raise OSError(92, "Protocol not available")
        super().setsockopt(level, option, *value)


if __name__ == "__main__":
    left_out = sys.argv.pop(1).split(",")
    if "health" in left_out:
        setattr(PictureHealth, "feed", lambda *_: None)  # noqa: B010 - a method of ours, replaced on purpose
    if "gso" in left_out:
        setattr(socket, "socket", Refusing)  # noqa: B010 - likewise
    main()
