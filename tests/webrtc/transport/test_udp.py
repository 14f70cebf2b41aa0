import errno
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.webrtc.transport import udp as module
from gateway.webrtc.transport.route import Route
from gateway.webrtc.transport.udp import FULL_PACKET, Bind, MediaPort, bind_socket

PACKETS = [b"a" * 100, b"b" * 100, b"c" * 40]
FULL = [b"a" * FULL_PACKET, b"b" * FULL_PACKET, b"c" * 40]


class Refusing:
    """A socket whose network refuses sends of more than ``most`` bytes with ``error``."""

    def __init__(self, real: socket.socket, error: int, most: int) -> None:
        self._real = real
        self._error = error
        self._most = most

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def sendmsg(self, buffers: Sequence[bytes], *rest: Any) -> int:
        self._look(sum(map(len, buffers)))
        return self._real.sendmsg(buffers, *rest)

    def sendto(self, data: bytes, *rest: Any) -> int:
        self._look(len(data))
        return self._real.sendto(data, *rest)

    def _look(self, size: int) -> None:
        if size > self._most:
            raise OSError(self._error, "refused")


@pytest.fixture
def listener() -> Any:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.settimeout(5)
        yield bound


@asynccontextmanager
async def opened(bind: Bind | None = None) -> AsyncIterator[MediaPort]:
    def ignore(datagram: bytes, route: Route) -> None: ...

    port = MediaPort("127.0.0.1", 0, ignore, bind=bind)
    yield port
    port.close()


def refusing(error: int, most: int) -> Bind:
    def bind(host: str, port: int, beside: socket.socket | None) -> Any:
        return Refusing(bind_socket(host, port, beside), error, most)

    return bind


@pytest.fixture
async def port() -> AsyncIterator[MediaPort]:
    async with opened() as port:
        yield port


@pytest.mark.parametrize("packets", [PACKETS, FULL], ids=["small", "full"])
async def test_a_run_arrives_as_separate_packets(
    port: MediaPort, listener: socket.socket, packets: list[bytes]
) -> None:
    assert port.batching
    assert port.send_run(b"".join(packets), len(packets), len(packets[0]), listener.getsockname())
    assert [listener.recv(2000) for _ in packets] == packets
    assert (port.packets, port.bytes) == (3, sum(map(len, packets)))


@pytest.mark.parametrize("size", [FULL_PACKET + 2, 1400])
async def test_a_datagram_larger_than_a_full_packet_is_not_split(
    port: MediaPort, listener: socket.socket, size: int
) -> None:
    port.send(bytes(size), listener.getsockname())
    assert port.send_run(bytes(size), 1, size, listener.getsockname())
    assert [len(listener.recv(2000)) for _ in range(2)] == [size, size]


async def test_if_the_system_has_no_segmentation_packets_are_sent_one_by_one_from_the_start(
    monkeypatch: pytest.MonkeyPatch, listener: socket.socket
) -> None:
    monkeypatch.setattr(module, "UDP_SEGMENT", 9999)  # as on a system that does not know it
    port = MediaPort("127.0.0.1", 0, lambda datagram, route: None)
    assert not port.batching
    assert port.send_run(b"".join(FULL), len(FULL), FULL_PACKET, listener.getsockname())
    assert [listener.recv(2000) for _ in FULL] == FULL
    port.close()


@pytest.mark.parametrize("error", [errno.EIO, errno.EINVAL])
async def test_if_segmentation_is_refused_packets_are_sent_one_by_one_from_then_on(
    listener: socket.socket, error: int
) -> None:
    async with opened(refusing(error, most=FULL_PACKET)) as port:
        for _ in range(2):
            assert port.send_run(b"".join(FULL), len(FULL), FULL_PACKET, listener.getsockname())
            assert [listener.recv(2000) for _ in FULL] == FULL
        assert not port.batching
        assert (port.packets, port.bytes) == (6, 2 * sum(map(len, FULL)))


async def test_an_unreachable_address_does_not_stop_batches_to_other_addresses() -> None:
    async with opened(refusing(errno.EINVAL, most=0)) as port:
        assert not port.send_run(b"".join(PACKETS), len(PACKETS), 100, ("127.0.0.1", 9))
        assert port.batching
        assert port.packets == 0


async def test_a_full_buffer_is_reported(listener: socket.socket) -> None:
    async with opened(refusing(errno.EAGAIN, most=0)) as port:
        assert not port.send_run(b"".join(PACKETS), len(PACKETS), 100, listener.getsockname())
        assert port.batching


async def test_a_port_in_use_is_an_error_at_the_start(port: MediaPort) -> None:
    with pytest.raises(OSError, match="in use"):
        MediaPort("127.0.0.1", port.local[1], lambda datagram, route: None)
