"""How one viewer is reached: a session's ICE credentials, the addresses that proved to be its viewer's, and the one of
them that media goes to."""

from collections.abc import Sequence

from gateway.webrtc.ice import Credentials, answer_check
from gateway.webrtc.port import Address, MediaPort
from gateway.webrtc.stun import BindingRequest

KNOWN_ADDRESSES = 8
KNOWN_CHECKS = 256


class Path:
    """The way to a viewer whose ICE user name fragment is ``their_ufrag``. ``heard_at`` is gateway time of the last
    authentic check, at first of the offer; ``addresses`` are all that such checks came from, the oldest first."""

    def __init__(self, port: MediaPort, their_ufrag: str, now: float) -> None:
        self.credentials = Credentials.fresh()
        self.addresses: list[Address] = []
        self.heard_at = now
        self._port = port
        self._their_ufrag = their_ufrag
        self._remote: Address | None = None
        self._checks: dict[bytes, Address] = {}

    def check(self, request: BindingRequest, host: str, address: Address, now: float) -> bool:
        """Answer a connectivity check. Whether it was authentic: then its address is this viewer's.

        STUN knows no replay: whoever overheard a check could send it on from elsewhere, and the picture would follow.
        So one that is known counts only from where it came first.
        """
        answer = answer_check(request, self.credentials, self._their_ufrag, host, address[1])
        if answer is None or self._came_first_from(request.transaction, address) != address:
            return False
        self._port.send(answer.reply, address)
        if not answer.accepted:
            return False
        self.heard_at = now
        if answer.nominated or self._remote is None:
            self._remote = address
        return True

    def remember(self, address: Address) -> Address | None:
        """Note where the viewer was heard; gives the oldest address when there are too many to keep."""
        if address in self.addresses:  # heard again, since another session's viewer was heard there meanwhile
            self.addresses.remove(address)
        self.addresses.append(address)
        return self.addresses.pop(0) if len(self.addresses) > KNOWN_ADDRESSES else None

    def send(self, datagram: bytes) -> None:
        """Send DTLS or RTCP."""
        if self._remote is not None:
            self._port.send(datagram, self._remote)

    def send_run(self, buffers: Sequence[bytes], stride: int, size: int) -> bool:
        """Send media; see MediaPort.send_run."""
        return self._remote is not None and self._port.send_run(buffers, stride, size, self._remote)

    def close(self) -> None:
        """Nothing is sent after this."""
        self._remote = None

    def _came_first_from(self, transaction: bytes, address: Address) -> Address:
        first = self._checks.setdefault(transaction, address)
        if len(self._checks) > KNOWN_CHECKS:
            del self._checks[next(iter(self._checks))]
        return first
