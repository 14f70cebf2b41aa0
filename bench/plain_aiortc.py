"""The obvious aiortc program as a server under test: one track of encoded packets, relayed to each peer connection."""

import asyncio
import time
from fractions import Fraction

import aioice.ice
import av
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay

from bench.clip import FPS, film
from bench.serving import serve


class FilmTrack(MediaStreamTrack):
    """Encoded packets in real time; aiortc packetises and sends them without encoding."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._film = film()
        self._number = 0
        self._began = time.monotonic()

    async def recv(self) -> "av.Packet[av.stream.Stream]":
        """The next access unit when its time has come."""
        await asyncio.sleep(max(0.0, self._began + self._number / FPS - time.monotonic()))
        packet = av.Packet(self._film[self._number % len(self._film)])
        packet.pts, packet.time_base = self._number, Fraction(1, FPS)
        self._number += 1
        return packet


async def main() -> None:
    """Serve until standard input closes."""
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]  # it leaves loopback out by itself
    relay, track = MediaRelay(), FilmTrack()
    peers: list[RTCPeerConnection] = []

    async def answer(offer: str) -> str:
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        peers.append(peer)
        await peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        peer.addTrack(relay.subscribe(track, buffered=False))
        await peer.setLocalDescription(await peer.createAnswer())
        return str(peer.localDescription.sdp)

    await serve(answer)
    await asyncio.gather(*(peer.close() for peer in peers))


if __name__ == "__main__":
    asyncio.run(main())
