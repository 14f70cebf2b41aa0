"""Tests our use of aiortc's internals, and the profiles that browsers may choose."""

import asyncio

import pytest
from aiortc import rtcdtlstransport
from aiortc.rtcdtlstransport import RTCDtlsParameters

from gateway.errors import Malformed
from gateway.rtp import feedback
from gateway.webrtc.transport.dtls import DtlsFailed, DtlsTransport, Identity
from rig.viewer import DtlsClient, Wire


class Pair:
    """Connects our server to aiortc as the client, without a network."""

    def __init__(self, fingerprint: str = "") -> None:
        theirs, ours = Identity(), Identity()
        self.wire = Wire(self._to_server)
        self.client = DtlsClient(self.wire, theirs.certificate)
        self.server = DtlsTransport(ours, [("sha-256", fingerprint or theirs.fingerprint)], self.wire.inbox.put_nowait)
        self.parameters = RTCDtlsParameters(ours.certificate.getFingerprints())

    def _to_server(self, datagram: bytes) -> None:
        assert self.server.feed(datagram)

    async def connect(self) -> None:
        async with asyncio.timeout(10):
            await asyncio.gather(self.client.start(self.parameters), self.server.handshake())


PROFILES = [profile.openssl_profile.decode() for profile in rtcdtlstransport.SRTP_PROFILES]


@pytest.mark.parametrize("name", sorted(PROFILES))
async def test_the_viewer_opens_what_we_seal_in_every_profile(name: str) -> None:
    pair = Pair()
    pair.client.knows_only(name)
    await pair.connect()
    assert pair.server.cipher == name.removeprefix("SRTP_")
    sealer = pair.server.sealer(9)
    sealed, size = sealer.seal(5, 102, 90, [b"one", b"two"], marked=True), 3 + sealer.overhead
    packets = [sealed[:size], sealed[size:]]
    assert [pair.client.unprotect(packet)[12:] for packet in packets] == [b"one", b"two"]
    assert [len(packet) - sealer.overhead for packet in packets] == [3, 3]
    again = sealer.seal(5, 102, 90, [b"one"], marked=False)
    assert again == packets[0]
    await pair.client.stop()


async def test_a_viewer_with_every_profile_gets_gcm() -> None:
    pair = Pair()
    await pair.connect()
    assert pair.server.cipher == "AEAD_AES_256_GCM"
    await pair.client.stop()


async def test_no_task_of_aiortc_is_left_behind() -> None:
    before = asyncio.all_tasks()
    pair = Pair()
    await pair.connect()
    await pair.client.stop()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_rtcp_goes_both_ways_and_forged_rtcp_is_malformed() -> None:
    pair = Pair()
    await pair.connect()
    packet = feedback.goodbye(9, "name")
    assert pair.client.unprotect_rtcp(pair.server.protect_rtcp(packet)) == packet
    sealed = pair.client.protect_rtcp(packet)
    assert pair.server.unprotect_rtcp(sealed) == packet
    with pytest.raises(Malformed):
        pair.server.unprotect_rtcp(sealed[:-1] + b"\0\0")
    await pair.client.stop()


async def test_the_viewers_close_ends_the_run() -> None:
    pair = Pair()
    await pair.connect()
    running = asyncio.create_task(pair.server.run())
    await pair.client.stop()
    await asyncio.wait_for(running, 10)


async def test_garbage_fails_the_handshake() -> None:
    pair = Pair(fingerprint="00")
    pair.server.feed(b"\x16\xfe\xff" + bytes(8) + b"\0\x04rubb")
    with pytest.raises(DtlsFailed):
        await asyncio.gather(pair.client.start(pair.parameters), pair.server.handshake())
    await pair.client.stop()


def test_the_queue_of_a_viewer_is_bounded() -> None:
    pair = Pair()
    assert [pair.server.feed(b"x") for _ in range(40)].count(False) > 0


def test_closing_before_the_handshake_sends_nothing() -> None:
    Pair().server.close()


@pytest.mark.parametrize("ticks", range(6))
async def test_a_handshake_ends_when_it_is_closed_just_as_a_repeated_datagram_arrives(ticks: int) -> None:
    # aiortc waits with asyncio.wait_for, which before Python 3.12 loses a cancellation that arrives at that moment.
    pair = Pair()
    sent: asyncio.Queue[bytes] = asyncio.Queue()
    pair.wire.deliver = sent.put_nowait
    async with asyncio.timeout(10):
        client = asyncio.create_task(pair.client.start(pair.parameters))
        server = asyncio.create_task(pair.server.handshake())
        hello = await sent.get()
        assert pair.server.feed(hello)
        await sent.get()  # The client has answered the server's flight, so the server is waiting with a timeout.
        assert pair.server.feed(hello)
        for _ in range(ticks):
            await asyncio.sleep(0)
        pair.server.close()
        server.cancel()
        await asyncio.gather(server, return_exceptions=True)
    client.cancel()
