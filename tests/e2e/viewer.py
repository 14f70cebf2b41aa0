"""A WHEP viewer that is not a browser: it uses aiortc and counts what arrives at its socket."""

import time
from typing import Any

import aioice.ice
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.rtcdtlstransport import RTCDtlsTransport

from rig.district import Client


class Viewer:
    """One media session, seen from outside."""

    def __init__(self, connection: RTCPeerConnection, location: str) -> None:
        self.connection = connection
        self.location = location
        self.packets = 0
        self.last_packet_at = 0.0

    @classmethod
    async def open(cls, client: Client, camera: str, token: str) -> "Viewer":
        """Send an offer and begin to receive. ``last_packet_at`` is the wall time of the last SRTP packet."""
        aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
        connection = RTCPeerConnection()
        connection.addTransceiver("video", direction="recvonly")
        await connection.setLocalDescription(await connection.createOffer())
        headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {token}"}
        offer = connection.localDescription.sdp
        async with client.session.post(f"{client.url}/whep/{camera}", data=offer, headers=headers) as answer:
            assert answer.status == 201, await answer.text()
            text, location = await answer.text(), answer.headers["Location"]
        viewer = cls(connection, location)
        transport: RTCDtlsTransport = connection.getTransceivers()[0].receiver.transport
        handle = transport._handle_rtp_data

        async def counted(data: bytes, arrival_time_ms: int) -> Any:
            viewer.packets += 1
            viewer.last_packet_at = time.time()
            await handle(data, arrival_time_ms=arrival_time_ms)

        transport._handle_rtp_data = counted  # type: ignore[method-assign]
        await connection.setRemoteDescription(RTCSessionDescription(text, "answer"))
        return viewer

    async def has_packets(self) -> bool:
        return self.packets > 10

    async def closed(self) -> bool:
        return self.connection.connectionState in {"closed", "failed", "disconnected"}

    async def stop(self) -> None:
        await self.connection.close()
