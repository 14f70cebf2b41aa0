"""Opens the connection to one camera, and closes it politely at the end."""

import asyncio
import contextlib
import os
import ssl
from collections.abc import AsyncIterator, Callable, Sequence

from gateway.clock import Clock
from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.resolver import Resolver
from gateway.sources.media import SourceSink
from gateway.sources.rtsp.address import Address
from gateway.sources.rtsp.client import RtspClient
from gateway.sources.rtsp.tls import Trust
from gateway.sources.rtsp.transport import WISHES, Carrier
from gateway.sources.sound import SoundSink

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
) -> AsyncIterator[RtspClient]:
    """Connect to the camera, whose name ``resolver`` looks up. Raises ``CameraError`` if that fails.

    Over TLS, media comes in the same connection, whatever ``carriers`` say: anywhere else it would be unencrypted.
    """
    allowed = WISHES["tcp"] if address.tls else carriers
    trust = trust or Trust()
    hosts = await _look_up(address.host, resolver or Resolver())
    client = await _connect(address, hosts, trust, lambda: RtspClient(address, sink, clock, allowed, trust, sound))
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
            return await _connect_to_one(address, hosts, trust, make_client)
    except TimeoutError as error:
        raise CameraError(SourceReason.UNREACHABLE, "The camera does not answer at its address.") from error
    except ssl.SSLCertVerificationError as error:
        words = f"The camera's certificate is not trusted: {error.verify_message}."
        raise CameraError(SourceReason.NOT_TRUSTED, words) from error
    except ssl.SSLError as error:
        words = "The camera does not speak TLS 1.2 or later at this port."
        raise CameraError(SourceReason.UNSUPPORTED, words) from error
    except OSError as error:
        words = os.strerror(error.errno) if error.errno else "no address of it answers"
        raise CameraError(SourceReason.UNREACHABLE, f"The camera is out of reach: {words}.") from error


async def _connect_to_one(
    address: Address, hosts: Sequence[str], trust: Trust, make_client: Callable[[], RtspClient]
) -> RtspClient:
    """Connect to the first of ``hosts`` that answers. If none does, raises the last one's OSError."""
    loop = asyncio.get_running_loop()
    for left, host in zip(reversed(range(len(hosts))), hosts, strict=True):
        try:
            _, client = await loop.create_connection(
                make_client,
                host,
                address.port,
                ssl=trust.context if address.tls else None,
                server_hostname=address.host if address.tls else None,
                ssl_shutdown_timeout=GOODBYE_TIMEOUT if address.tls else None,
            )
        except OSError as error:
            if not left or isinstance(error, ssl.SSLError):
                raise
        else:
            return client
    raise OSError("no address")
