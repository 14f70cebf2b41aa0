"""A page that plays over WHEP and does nothing else, in a browser with any driver."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tests.clients.player import Player

PLAY = """async ([url, token]) => {
  window.shown = [];
  const video = document.querySelector("video");
  window.peer = new RTCPeerConnection();
  for (const kind of ["video", "audio"]) peer.addTransceiver(kind, { direction: "recvonly" });
  peer.ontrack = ({ track }) => { if (track.kind === "video") video.srcObject = new MediaStream([track]); };
  const look = (_now, frame) => {
    shown.push([frame.width, frame.height]);
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
  await peer.setLocalDescription();
  const headers = { "Content-Type": "application/sdp", Authorization: `Bearer ${token}` };
  const answer = await fetch(url, { method: "POST", headers, body: peer.localDescription.sdp });
  const text = await answer.text();
  if (answer.status === 201) await peer.setRemoteDescription({ type: "answer", sdp: text });
  return answer.status === 201 ? "" : text;
}"""
LOOK = """async () => {
  const heard = [...(await peer.getStats()).values()].find((one) => one.type === "inbound-rtp" && one.kind === "audio");
  const state = peer.getReceivers()[0].transport?.state ?? "new";
  return JSON.stringify({ shown: shown.splice(0), heard: heard?.packetsReceived ?? 0, state });
}"""


@asynccontextmanager
async def watched(look: Callable[[], Awaitable[str]], player: Player) -> AsyncIterator[None]:
    """Keep telling the player what the page shows; ``look`` calls LOOK in the page."""

    async def watch() -> None:
        heard, state = 0, ""
        while True:
            seen = json.loads(await look())
            for width, height in seen["shown"]:
                await player.shown(width, height)
            if seen["heard"] > heard:
                await player.heard(bytes(160 * (seen["heard"] - heard)))
            if seen["state"] != state:
                await player.is_now(seen["state"])
            heard, state = seen["heard"], seen["state"]
            await asyncio.sleep(0.1)

    watching = asyncio.create_task(watch(), name="page")
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
