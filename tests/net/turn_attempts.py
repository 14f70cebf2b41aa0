"""Tries what somebody with a credential of the relay can reach. Runs in its own network and prints every result.

``python -m tests.net.turn_attempts DIRECTORY SECRET RELAY PEER… -- COTURN-OPTION…``: the relay's address, and peers as
``host:port``, over UDP.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import socket
import sys
import time
from asyncio.subprocess import DEVNULL

from aioice import stun, turn

PORT = 3478


class Inside(asyncio.DatagramProtocol):
    """A service on some machine inside. ``heard`` contains the messages that it received."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.heard.put_nowait(data)


async def allocate(relay: str, secret: str, transport: str = "udp") -> turn.TurnTransport:
    """Return a relayed address for a credential that the gateway could have made (draft-uberti-behave-turn-rest)."""
    name = f"{int(time.time()) + 600}:viewer"
    password = base64.b64encode(hmac.digest(secret.encode(), name.encode(), hashlib.sha1)).decode()
    made, _ = await turn.create_turn_endpoint(
        asyncio.DatagramProtocol, (relay, PORT), username=name, password=password, transport=transport
    )
    return made


async def reached(relay: turn.TurnTransport, peer: tuple[str, int], service: Inside) -> str:
    """Return ``reached``, or the status with which the relay refuses the peer."""
    inner = relay._TurnTransport__inner_protocol  # type: ignore[attr-defined]
    try:
        await inner.send_data(b"hello", peer)
    except stun.TransactionFailed as refused:
        return str(refused.response.attributes["ERROR-CODE"][0])
    assert await asyncio.wait_for(service.heard.get(), 5) == b"hello"
    return "reached"


async def over_tcp(relay: str, secret: str) -> str:
    """Ask for a relayed TCP address (RFC 6062)."""
    turn.UDP_TRANSPORT = turn.TCP_TRANSPORT
    try:
        await allocate(relay, secret, "tcp")
    except stun.TransactionFailed as refused:
        return str(refused.response.attributes["ERROR-CODE"][0])
    return "reached"


async def main(directory: str, secret: str, relay: str, *more: str) -> None:
    """Start everything, and print a JSON object with the result for each peer."""
    at = more.index("--")
    peers = {text: (text.rpartition(":")[0], int(text.rpartition(":")[2])) for text in more[:at]}
    command = ["turnserver", "-n", *more[at + 1 :], "--listening-ip", relay, "--relay-ip", relay]
    command += ["--listening-port", str(PORT), "--userdb", f"{directory}/turn.db", "--pidfile", f"{directory}/turn.pid"]
    server = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL)
    try:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(20):
            while True:
                try:
                    socket.create_connection((relay, PORT), 1).close()
                    break
                except OSError:
                    await asyncio.sleep(0.05)
            found = {}
            client = await allocate(relay, secret)
            for text, peer in peers.items():
                _, service = await loop.create_datagram_endpoint(Inside, local_addr=peer)
                found[text] = await reached(client, peer, service)
            found["tcp"] = await over_tcp(relay, secret)
        sys.stdout.write(json.dumps(found))
    finally:
        server.kill()
        await server.wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
