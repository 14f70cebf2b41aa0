"""The simplest aiortc program as a server under test. FFmpeg pulls each camera, and a MediaRelay passes its packets to
every peer connection, undecoded. ``python -m bench.servers.plain_aiortc URL...`` prints its port, then answers WHEP.
"""

import asyncio
import sys

import aioice.ice
from aiohttp import web
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaPlayer, MediaRelay


async def main(urls: list[str]) -> None:
    """Serve until standard input closes."""
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]  # by default it leaves out loopback
    options = {"rtsp_transport": "tcp", "fflags": "nobuffer"}
    opening = (asyncio.to_thread(MediaPlayer, url, options=options, decode=False) for url in urls)
    tracks = [player.video for player in await asyncio.gather(*opening) if player.video is not None]
    relay = MediaRelay()
    peers: list[RTCPeerConnection] = []

    async def offer(request: web.Request) -> web.Response:
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        peers.append(peer)
        await peer.setRemoteDescription(RTCSessionDescription(await request.text(), "offer"))
        peer.addTrack(relay.subscribe(tracks[int(request.match_info["camera"])], buffered=False))
        await peer.setLocalDescription(await peer.createAnswer())
        return web.Response(status=201, text=peer.localDescription.sdp, content_type="application/sdp")

    app = web.Application()
    app.router.add_post("/whep/{camera}", offer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await asyncio.gather(*(peer.close() for peer in peers))
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
