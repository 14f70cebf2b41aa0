"""Opens the connection to one camera, and closes it politely at the end."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable, Sequence

from gateway.clock import Clock
from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.process.resolver import Resolver
from gateway.sources.media import SourceSink
from gateway.sources.receiving.sound import SoundSink
from gateway.sources.rtsp.client import RtspClient
from gateway.sources.rtsp.protocol.address import Address
from gateway.sources.rtsp.protocol.transport import WISHES, Carrier
from gateway.sources.rtsp.tls import Trust

CONNECT_TIMEOUT = 5.0
GOODBYE_TIMEOUT = 2.0


@contextlib.asynccontextmanager
async def connected(
    address: Address,
    sink: SourceSink,
    clock: Clock,
    carriers: Sequence[Carrier] = WISHES["auto"],
    trust: Trust | None = None,
    sound: SoundSink | None = None,
    resolver: Resolver | None = None,
    turn: float = 0.0,
) -> AsyncIterator[RtspClient]:
    """Connect to the camera, whose name ``resolver`` looks up. Raises ``CameraError`` if that fails.

    Over TLS, media is carried in the same connection, whatever ``carriers`` say: elsewhere it would be unencrypted.
    """
    allowed = WISHES["tcp"] if address.tls else carriers
    trust = trust or Trust()
    hosts = await _look_up(address.host, resolver or Resolver())
    client = await _connect(
        address, hosts, trust, lambda: RtspClient(address, sink, clock, allowed, trust, sound, turn)
    )
    try:
        yield client
    finally:
        client.close()


async def _look_up(host: str, resolver: Resolver) -> tuple[str, ...]:
    try:
        return await resolver.addresses(host)
    except TimeoutError as error:
        words = "The name server does not answer for the camera's host name."
        raise CameraError(SourceReason.UNREACHABLE, words) from error
    except (OSError, UnicodeError) as error:  # UnicodeError: not a valid name under IDNA
        raise CameraError(SourceReason.UNREACHABLE, "The camera's host name is unknown.") from error


async def _connect(
    address: Address, hosts: Sequence[str], trust: Trust, make_client: Callable[[], RtspClient]
) -> RtspClient:
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT):
            connection = await _reach(hosts, address.port)
    except TimeoutError as error:
        raise CameraError(SourceReason.UNREACHABLE, "The camera does not answer at its address.") from error
    except OSError as error:
        words = os.strerror(error.errno) if error.errno else "none of its addresses answers"
        raise CameraError(SourceReason.UNREACHABLE, f"The camera cannot be reached: {words}.") from error
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT):
            _, client = await asyncio.get_running_loop().create_connection(
                make_client,
                sock=connection,
                ssl=trust.context if address.tls else None,
                server_hostname=address.host if address.tls else None,
                ssl_shutdown_timeout=GOODBYE_TIMEOUT if address.tls else None,
            )
    except OSError as error:  # includes TimeoutError and SSLError
        connection.close()
        raise trust.fault(error) from error
    except BaseException:
        connection.close()
        raise
    return client


async def _reach(hosts: Sequence[str], port: int) -> socket.socket:
    """Connect to the first of ``hosts`` that answers. Raises the last OSError if none does."""
    loop = asyncio.get_running_loop()
    failure = OSError("no address")
    for host in hosts:
        connection: socket.socket | None = None
        try:
            numeric = socket.AI_NUMERICHOST
            [(family, kind, _, _, place), *_] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=numeric)
            connection = socket.socket(family, kind)
            connection.setblocking(False)
            await loop.sock_connect(connection, place)
        except OSError as error:
            failure = error
            if connection is not None:
                connection.close()
        except BaseException:
            if connection is not None:
                connection.close()
            raise
        else:
            return connection
    raise failure
