"""The gateway without one of its parts, only for the bench: ``without.py health,gso serve --config …``.

In production, neither part can be turned off. Picture health cannot, because a frozen picture must never look live.
Segmentation by the kernel (UDP GSO) cannot, because the gateway finds out by itself whether it is refused, as it is
here. The difference shows what each part costs or saves.
"""

import contextlib
import importlib
import socket
import sys
from typing import Any

from gateway.cli import main

UDP_SEGMENT = 103  # linux/udp.h
HEALTH = ("gateway.health.picture", "gateway.sources.health")
"""Where picture health is now, and where it was in earlier checkouts."""


class Refusing(socket.socket):
    """A socket of a kernel without UDP segmentation."""

    def setsockopt(self, level: int, option: int, *value: Any) -> None:
        """Set any option but UDP_SEGMENT. Raises OSError for that one."""
        if (level, option) == (socket.IPPROTO_UDP, UDP_SEGMENT):
            raise OSError(92, "Protocol not available")
        super().setsockopt(level, option, *value)


def leave_out_health() -> None:
    """Stop checking keyframes. Raises SystemExit if picture health is not found."""
    for home in HEALTH:
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module(home).PictureHealth.feed = lambda *_: None
            return
    raise SystemExit(f"picture health is in none of {HEALTH}")


if __name__ == "__main__":
    left_out = sys.argv.pop(1).split(",")
    if "health" in left_out:
        leave_out_health()
    if "gso" in left_out:
        setattr(socket, "socket", Refusing)  # noqa: B010 - a class of the library, replaced on purpose
    main()
