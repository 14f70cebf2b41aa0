import errno
import socket
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from gateway.webrtc.port import MediaPort
from gateway.webrtc.route import Route

PACKETS = [b"a" * 100, b"b" * 100, b"c" * 40]


class Refusing:
    """A socket whose network refuses what ``error`` says for sends of more than ``most`` buffers."""

    def __init__(self, real: socket.socket, error: int, most: int) -> None:
        self._real = real
        self._error = error
        self._most = most

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def sendmsg(self, buffers: Sequence[bytes], *rest: Any) -> int:
        if len(buffers) > self._most:
            raise OSError(self._error, "refused")
        return self._real.sendmsg(buffers, *rest)


@pytest.fixture
def listener() -> Any:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.settimeout(5)
        yield bound


@pytest.fixture
async def port() -> AsyncIterator[MediaPort]:
    def ignore(datagram: bytes, route: Route) -> None: ...

    port = MediaPort("127.0.0.1", 0, ignore)
    yield port
    port.close()


async def test_a_run_arrives_as_its_packets(port: MediaPort, listener: socket.socket) -> None:
    assert port.send_run(PACKETS, 1, 100, listener.getsockname())
    assert [listener.recv(2000) for _ in PACKETS] == PACKETS
    assert (port.packets, port.bytes) == (3, 240)


@pytest.mark.parametrize("error", [errno.EIO, errno.EINVAL])
async def test_where_segmentation_is_refused_packets_go_singly_from_then_on(
    port: MediaPort, listener: socket.socket, error: int
) -> None:
    port._socket = Refusing(port._socket, error, most=1)  # type: ignore[assignment]  # a fake at the boundary
    for _ in range(2):
        assert port.send_run(PACKETS, 1, 100, listener.getsockname())
        assert [listener.recv(2000) for _ in PACKETS] == PACKETS
    assert not port.batching
    assert (port.packets, port.bytes) == (6, 480)


async def test_an_address_that_nothing_reaches_does_not_cost_the_others_their_batches(port: MediaPort) -> None:
    port._socket = Refusing(port._socket, errno.EINVAL, most=0)  # type: ignore[assignment]
    assert not port.send_run(PACKETS, 1, 100, ("127.0.0.1", 9))
    assert port.batching
    assert port.packets == 0


async def test_a_full_buffer_is_told(port: MediaPort, listener: socket.socket) -> None:
    port._socket = Refusing(port._socket, errno.EAGAIN, most=0)  # type: ignore[assignment]
    assert not port.send_run(PACKETS, 1, 100, listener.getsockname())
    assert port.batching


async def test_a_port_in_use_is_an_error_at_start(port: MediaPort) -> None:
    with pytest.raises(OSError, match="in use"):
        MediaPort("127.0.0.1", port.local[1], lambda datagram, route: None)
