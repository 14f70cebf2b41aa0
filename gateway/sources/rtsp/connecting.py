"""A connection to one camera, from its address to a client that speaks, and left politely at the end."""

import asyncio
import contextlib
import os
import socket
import ssl
from collections.abc import AsyncIterator, Sequence

from gateway.clock import Clock
from gateway.errors import CameraError
from gateway.models import SourceReason
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
) -> AsyncIterator[RtspClient]:
    """A connection to the camera. Raises ``CameraError`` where there is none to be had.

    Over TLS media comes in the same connection, whatever ``carriers`` say: beside it, it would be in the clear.
    """
    client = await _connect(address, sink, clock, carriers, trust or Trust(), sound)
    try:
        yield client
    finally:
        client.close()


async def _connect(
    address: Address,
    sink: SourceSink,
    clock: Clock,
    carriers: Sequence[Carrier],
    trust: Trust,
    sound: SoundSink | None,
) -> RtspClient:
    loop = asyncio.get_running_loop()
    allowed = WISHES["tcp"] if address.tls else carriers
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT):
            _, client = await loop.create_connection(
                lambda: RtspClient(address, sink, clock, allowed, trust, sound),
                address.host,
                address.port,
                ssl=trust.context if address.tls else None,
                server_hostname=address.host if address.tls else None,
                ssl_shutdown_timeout=GOODBYE_TIMEOUT if address.tls else None,
            )
    except TimeoutError as error:
        raise CameraError(SourceReason.UNREACHABLE, "The camera does not answer at its address.") from error
    except (socket.gaierror, UnicodeError) as error:  # UnicodeError: no name at all, by the rules of IDNA
        raise CameraError(SourceReason.UNREACHABLE, "The camera's host name is not known.") from error
    except ssl.SSLCertVerificationError as error:
        words = f"The camera's certificate is not trusted: {error.verify_message}."
        raise CameraError(SourceReason.NOT_TRUSTED, words) from error
    except ssl.SSLError as error:
        words = "The camera does not speak TLS 1.2 or later at this port."
        raise CameraError(SourceReason.UNSUPPORTED, words) from error
    except OSError as error:
        # Several addresses that all failed come as one error without a number of its own.
        words = os.strerror(error.errno) if error.errno else "no address of it answers"
        raise CameraError(SourceReason.UNREACHABLE, f"The camera is out of reach: {words}.") from error
    return client
