"""Debian's Firefox as the viewer, driven through WebDriver BiDi. ``test_firefox.py`` runs it in a network of its own.

    python -m tests.clients.firefox DIRECTORY ADDRESS

ADDRESS must be an address that only this machine has, and not 127.0.0.1: Firefox offers no loopback address. Firefox
gets H.264 from OpenH264, which it downloads. If it can download nothing, it decodes with the system's FFmpeg, provided
that it is told to.
"""

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse

from tests.clients import story
from tests.clients.browser import LOOK, PLAY, watched
from tests.clients.house import House, playing_house
from tests.clients.player import Player

QUIET = {
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "media.autoplay.default": 0,
}
BY_FFMPEG = {
    "media.webrtc.hw.h264.enabled": True,
    "gfx.blacklist.webrtc.hw.acceleration.h264": 1,  # this hardware is fine, so H.264 may be offered
    "media.navigator.mediadatadecoder_h264_enabled": True,
}


class Page:
    """The only page of a Firefox."""

    def __init__(self, socket: "ClientWebSocketResponse[Any]") -> None:
        self._socket = socket
        self._context = ""
        self._sent = 0

    async def open(self, url: str) -> None:
        await self._command("session.new", capabilities={})
        self._context = (await self._command("browsingContext.getTree"))["contexts"][0]["context"]
        await self._command("browsingContext.navigate", context=self._context, url=url, wait="complete")

    async def call(self, function: str, *arguments: str) -> str:
        """Call a function in the page with a list of strings."""
        values = [{"type": "array", "value": [{"type": "string", "value": argument} for argument in arguments]}]
        target = {"context": self._context}
        answer = await self._command(
            "script.callFunction", functionDeclaration=function, arguments=values, target=target, awaitPromise=True
        )
        assert answer["type"] == "success", answer
        return str(answer["result"].get("value"))

    async def _command(self, method: str, **params: Any) -> Any:
        self._sent += 1
        await self._socket.send_json({"id": self._sent, "method": method, "params": params})
        while (answer := await self._socket.receive_json(timeout=30)).get("id") != self._sent:
            pass
        assert "result" in answer, answer
        return answer["result"]


def _written(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)


@asynccontextmanager
async def firefox(directory: Path, preferences: Mapping[str, object]) -> AsyncIterator[Page]:
    """Run a headless Firefox with a new profile while the block lasts."""
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in preferences.items()]
    _written(directory / "user.js", "".join(lines))
    command = ["firefox-esr", "--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", str(directory)]
    running = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE)
    assert running.stderr is not None
    try:
        async with asyncio.timeout(40):
            while "WebDriver BiDi listening on " not in (line := (await running.stderr.readline()).decode()):
                assert line, "Firefox ended"
        reading = asyncio.create_task(running.stderr.read(), name="what Firefox says")
        async with ClientSession() as session, session.ws_connect(f"{line.split(' on ')[1].strip()}/session") as socket:
            yield Page(socket)
        running.terminate()
        await reading
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


async def without_h264(directory: Path, house: House) -> None:
    """Check that a Firefox without H.264 is told so in plain words."""
    async with firefox(directory / "bare", QUIET) as page:
        await page.open(f"{house.base}/plain")
        refused = json.loads(await page.call(PLAY, house.url, house.token))
        assert refused["code"] == "offer_no_codec", refused
        assert "VP8, VP9, AV1" in refused["detail"]
        assert "OpenH264" in refused["detail"]


async def with_h264(directory: Path, house: House) -> None:
    """Check that Firefox plays the whole story."""
    player = Player()
    async with firefox(directory / "profile", QUIET | BY_FFMPEG) as page:
        await page.open(f"{house.base}/plain")
        assert await page.call(PLAY, house.url, house.token) == ""
        async with watched(lambda: page.call(LOOK), player):
            await story.plays(house, player)
            await player.until(lambda: len(player.sounds) > 4000)
            await story.ends(house, player)
            await player.until(lambda: player.states[-1] == "closed")


async def main() -> None:
    directory, host = Path(sys.argv[1]), sys.argv[2]
    async with playing_house(directory, host=host) as house:
        await without_h264(directory, house)
        await with_h264(directory, house)


if __name__ == "__main__":
    asyncio.run(main())
