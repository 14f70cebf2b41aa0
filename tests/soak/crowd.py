"""Viewers who come and go, in a separate process, so that what they hold is not counted as the gateway's:

    python -m tests.soak.crowd URL SEED CODE

Signs in. For each line ``go SECONDS`` on standard input, it sends visitors for that long, lets the last ones leave, and
prints how many of each kind there were.
"""

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Awaitable, Callable

from aiohttp import ClientSession, CookieJar, WSMsgType
from aiortc.rtcdtlstransport import RTCDtlsParameters

from rig.viewer import LightViewer

AT_ONCE = 6
STAYS = 2.0  # seconds, at most
PATIENCE = 10.0
CAMERAS = ("lincoln-lobby", "lincoln-hallway-west", "lincoln-hallway-east", "lincoln-main-entrance")


class Visitor(LightViewer):
    """A viewer who can fall silent."""

    def mute(self) -> None:
        """Send nothing from now on."""
        self._remote = None

    def deafen(self) -> None:
        """Receive nothing from now on."""
        asyncio.get_running_loop().remove_reader(self.socket.fileno())


class Crowd:
    """One sign-in and its visitors."""

    def __init__(self, session: ClientSession, url: str, dice: random.Random) -> None:
        self._session = session
        self._url = url
        self._dice = dice
        self._token = ""
        self.came: Counter[str] = Counter()

    async def visit(self, seconds: float) -> None:
        """Send visitors of every kind for ``seconds``, ``AT_ONCE`` at a time."""
        async with self._session.post(
            f"{self._url}/api/tokens", json={"site": "lincoln"}, headers={"X-Sightline": "1"}
        ) as answer:
            self._token = (await answer.json())["token"]
        ends_at = asyncio.get_running_loop().time() + seconds
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._one_after_another(ends_at), name="visitor")

    async def _one_after_another(self, ends_at: float) -> None:
        kinds: list[Callable[[], Awaitable[None]]] = [
            self.watches_and_leaves,
            self.watches_and_deletes,
            self.watches_and_vanishes,
            self.offers_and_never_comes,
            self.checks_and_never_shakes_hands,
            self.shakes_one_hand,
            self.offers_nonsense,
            self.listens_to_events,
        ]
        while asyncio.get_running_loop().time() < ends_at:
            kind = self._dice.choice(kinds)
            async with asyncio.timeout(PATIENCE):
                await kind()
            self.came[kind.__name__] += 1

    async def _offer(self, viewer: Visitor) -> tuple[str, str]:
        """Return the answer and the session's address."""
        camera = self._dice.choice(CAMERAS)
        headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {self._token}"}
        async with self._session.post(f"{self._url}/whep/{camera}", data=viewer.offer(), headers=headers) as answer:
            assert answer.status == 201, await answer.text()
            return await answer.text(), answer.headers["Location"]

    async def _watch(self, viewer: Visitor) -> str:
        text, location = await self._offer(viewer)
        await viewer.connect(text)
        await asyncio.sleep(self._dice.uniform(0, STAYS))
        return location

    async def watches_and_leaves(self) -> None:
        """Watch, and end the session with DTLS."""
        viewer = Visitor()
        await self._watch(viewer)
        await viewer.close()

    async def watches_and_deletes(self) -> None:
        """Watch, and end the session over HTTP."""
        viewer = Visitor()
        location = await self._watch(viewer)
        async with self._session.delete(self._url + location, headers={"X-Sightline": "1"}) as answer:
            assert answer.status in (200, 204, 404), answer.status
        await viewer.close()

    async def watches_and_vanishes(self) -> None:
        """Watch, and vanish without a word, like somebody driving into a tunnel."""
        viewer = Visitor()
        await self._watch(viewer)
        await self._vanish(viewer)

    async def offers_and_never_comes(self) -> None:
        """Offer, get the answer, and do nothing with it."""
        viewer = Visitor()
        await self._offer(viewer)
        await self._vanish(viewer)

    async def checks_and_never_shakes_hands(self) -> None:
        """Finish the ICE checks, and send nothing more."""
        viewer = Visitor()
        text, _ = await self._offer(viewer)
        await viewer.reach(text)
        await self._vanish(viewer)

    async def shakes_one_hand(self) -> None:
        """Stop in the middle of the DTLS handshake: send the first messages, and do not read the answer."""
        viewer = Visitor()
        text, _ = await self._offer(viewer)
        fingerprint = await viewer.reach(text)
        viewer.deafen()
        shaking = asyncio.create_task(viewer.dtls.start(RTCDtlsParameters([fingerprint])))
        await asyncio.sleep(0.1)
        shaking.cancel()
        await asyncio.gather(shaking, return_exceptions=True)
        await self._vanish(viewer)

    async def offers_nonsense(self) -> None:
        """Send something that is not an offer."""
        headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {self._token}"}
        async with self._session.post(f"{self._url}/whep/{CAMERAS[0]}", data="v=0\r\n", headers=headers) as answer:
            assert answer.status == 400, answer.status

    async def listens_to_events(self) -> None:
        """Open the event channel, and leave without closing it."""
        async with self._session.ws_connect(f"{self._url}/api/events", origin=self._url) as channel:
            await channel.send_json({"type": "resume", "epoch": None, "seq": 0})
            message = await channel.receive()
            assert message.type is WSMsgType.TEXT, message
            await asyncio.sleep(self._dice.uniform(0, STAYS))

    async def _vanish(self, viewer: Visitor) -> None:
        """Leave silently: nothing that is sent on the way out gets through."""
        viewer.mute()
        await viewer.close()


async def main() -> None:
    """Run one round of visitors for each line on standard input."""
    url, seed, code = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    loop, dice = asyncio.get_running_loop(), random.Random(seed)
    jar = CookieJar(unsafe=True)
    async with ClientSession(cookie_jar=jar) as session:
        body = {"code": code}
        async with session.post(f"{url}/api/invitations/redeem", json=body, headers={"X-Sightline": "1"}) as answer:
            assert answer.status == 200, await answer.text()
    print("ready", flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        async with ClientSession(cookie_jar=jar) as session:
            crowd = Crowd(session, url, dice)
            await crowd.visit(float(line.split()[1]))
        print(json.dumps(crowd.came), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
