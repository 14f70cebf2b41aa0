"""Debian's Janus as a server under test: its streaming plugin with one RTP mountpoint per camera, and a small WHEP
front that speaks its HTTP API. The front is part of the bench; only Janus itself is measured."""

import asyncio
import itertools
import re
import secrets
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bench.load.counting import VIDEO
from bench.run import Feed
from bench.servers.server import Endpoint, NotHere
from rig.processes import free_port, until

STARTS_WITHIN = 15.0
UNUSED = ("plugins", "transports", "events", "loggers")
KEPT = frozenset({"libjanus_streaming.so", "libjanus_http.so"})
LIBRARIES = "/usr/lib"
FORMAT = "profile-level-id=42e01f;packetization-mode=1"


def write_configuration(directory: Path, http_port: int, cameras: int, rtp_port: int) -> None:
    """Enable only the streaming plugin and HTTP on loopback. Leave everything else at Debian's defaults."""
    lists = {
        kind: ",".join(
            sorted(path.name for path in Path(LIBRARIES).glob(f"*/janus/{kind}/*.so") if path.name not in KEPT)
        )
        for kind in UNUSED
    }
    (directory / "janus.jcfg").write_text(
        f"""general: {{ configs_folder = "{directory}"; session_timeout = 0; debug_level = 3; debug_colors = false }}
        nat: {{ ignore_mdns = true }}
        plugins: {{ disable = "{lists["plugins"]}" }}
        transports: {{ disable = "{lists["transports"]}" }}
        events: {{ broadcast = false; disable = "{lists["events"]}" }}
        loggers: {{ disable = "{lists["loggers"]}" }}
        """
    )
    (directory / "janus.transport.http.jcfg").write_text(
        f"""general: {{ json = "compact"; base_path = "/janus"; http = true; port = {http_port}; ip = "127.0.0.1" }}
        admin: {{ admin_http = false }}
        """
    )
    mountpoints = [
        f"""camera-{number}: {{ type = "rtp"; id = {number + 1}; description = "camera {number}"; audio = false
        video = true; videoport = {rtp_port + 2 * number}; videopt = {VIDEO}; videocodec = "h264"
        videofmtp = "{FORMAT}"; videobufferkf = true }}
        """
        for number in range(cameras)
    ]
    (directory / "janus.plugin.streaming.jcfg").write_text("general: { }\n" + "".join(mountpoints))


def answer_to_janus(viewer: str, janus: str) -> str:
    """Turn the viewer's offer into an answer to Janus's offer, because both sides make an offer."""
    kept = ("a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:", "a=candidate:")
    lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {_mid(janus)}"]
    lines += [f"m=video 9 UDP/TLS/RTP/SAVPF {VIDEO}", "c=IN IP4 127.0.0.1", f"a=mid:{_mid(janus)}", "a=recvonly"]
    lines += ["a=rtcp-mux", "a=setup:active", f"a=rtpmap:{VIDEO} H264/90000", f"a=fmtp:{VIDEO} {FORMAT}"]
    lines += [f"a=rtcp-fb:{VIDEO} {feedback}" for feedback in ("nack", "nack pli", "goog-remb")]
    lines += dict.fromkeys(line for line in viewer.splitlines() if line.startswith(kept))
    return "\r\n".join([*lines, ""])


def answer_to_viewer(viewer: str, janus: str) -> str:
    """Turn Janus's offer into an answer to the viewer's, without the header extensions of either."""
    lines = [line for line in janus.splitlines() if not line.startswith(("a=extmap", "a=group:", "a=mid:"))]
    lines[4:4] = [f"a=group:BUNDLE {_mid(viewer)}"]
    media = next(number for number, line in enumerate(lines) if line.startswith("m="))
    lines.insert(media + 1, f"a=mid:{_mid(viewer)}")
    return "\r\n".join([*lines, ""]).replace("a=setup:actpass", "a=setup:passive")


def _mid(description: str) -> str:
    return str(re.findall(r"(?m)^a=mid:(.*?)\r?$", description)[0])


def own_address() -> str:
    """Return the machine's address on its network, because Janus leaves out loopback. Packets to it stay in the
    machine.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing
        return str(probe.getsockname()[0])


class Janus:
    """One Janus process and the front."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._http_port = free_port()
        self._url = f"http://127.0.0.1:{self._http_port}/janus"
        self._process: asyncio.subprocess.Process | None = None
        self._client: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None

    @property
    def pids(self) -> tuple[int, ...]:
        """Return the process id of Janus, without the front."""
        return () if self._process is None else (self._process.pid,)

    async def start(self) -> None:
        """Wait until Janus answers and the front is listening. Raises NotHere."""
        program = shutil.which("janus")
        if program is None:
            raise NotHere("not installed: scripts/bench-tools")
        write_configuration(self._feed.directory, self._http_port, self._feed.cameras, self._feed.rtp_port)
        with (self._feed.directory / "janus.log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                program, f"--configs-folder={self._feed.directory}", stdout=log, stderr=subprocess.STDOUT
            )
        self._client = aiohttp.ClientSession()
        try:
            await until(self._answers, STARTS_WITHIN, "Janus answers")
        except AssertionError as error:
            raise NotHere(str(error)) from error
        app = web.Application()
        app.router.add_post("/whep/{camera}", self._offer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()

    async def endpoint(self, camera: int) -> Endpoint:
        """Return the front's address for a camera."""
        assert self._runner is not None
        url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/whep/{camera}"
        return Endpoint(url, host=own_address())

    async def counters(self) -> dict[str, float]:
        """Return nothing: Janus's HTTP API has no counters."""
        return {}

    async def stop(self) -> None:
        """Kill it, and close the front."""
        if self._runner is not None:
            await self._runner.cleanup()
        if self._client is not None:
            await self._client.close()
        if self._process is not None:
            self._process.kill()
            await self._process.wait()

    async def _offer(self, request: web.Request) -> web.Response:
        """Make one Janus session and handle for each viewer."""
        camera = int(request.match_info["camera"])
        session = (await self._call("", janus="create"))["data"]["id"]
        handle = (await self._call(f"/{session}", janus="attach", plugin="janus.plugin.streaming"))["data"]["id"]
        await self._call(f"/{session}/{handle}", janus="message", body={"request": "watch", "id": camera + 1})
        offer, theirs = await request.text(), (await self._event(session)).get("jsep")
        if theirs is None:
            return web.Response(status=502)
        ours = {"type": "answer", "sdp": answer_to_janus(offer, theirs["sdp"])}
        await self._call(f"/{session}/{handle}", janus="message", body={"request": "start"}, jsep=ours)
        return web.Response(status=201, text=answer_to_viewer(offer, theirs["sdp"]), content_type="application/sdp")

    async def _event(self, session: int) -> dict[str, Any]:
        """Return the next event from the plugin."""
        for _ in itertools.repeat(None, 10):
            async with self._http().get(f"{self._url}/{session}") as answer:
                event: dict[str, Any] = await answer.json()
            if event["janus"] == "event":
                return event
        return {}

    async def _call(self, path: str, **message: object) -> dict[str, Any]:
        message["transaction"] = secrets.token_hex(6)
        async with self._http().post(self._url + path, json=message) as answer:
            told: dict[str, Any] = await answer.json()
            return told

    async def _answers(self) -> bool:
        try:
            async with self._http().get(f"{self._url}/info") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    def _http(self) -> aiohttp.ClientSession:
        assert self._client is not None
        return self._client
