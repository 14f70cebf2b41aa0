"""Decides when a request must keep an RTSP session alive, and which request the camera understands. Pure."""

from gateway.sources.rtsp.protocol.fields import DEFAULT_SESSION_TIMEOUT, parse_session


class KeepAlive:
    """The upkeep of one session. ``method`` is the one to ask with; ``due`` is the gateway time of the next request."""

    def __init__(self) -> None:
        self.method = "OPTIONS"
        self.due = float("inf")
        self._timeout = DEFAULT_SESSION_TIMEOUT
        self._told_by = ""
        self._get_parameter_refused = False

    def asked(self, now: float) -> None:
        """Note that the camera has heard from us."""
        self.due = now + self._timeout / 2

    def refused(self) -> None:
        """Note that the camera refused a request. Not every camera supports GET_PARAMETER, but all understand
        OPTIONS."""
        self.method = "OPTIONS"
        self._get_parameter_refused = True

    def offered(self, methods: str) -> None:
        """Process the field ``Public`` of an answer: the methods that the camera understands."""
        if "GET_PARAMETER" in {each.strip().upper() for each in methods.split(",")} and not self._get_parameter_refused:
            self.method = "GET_PARAMETER"

    def named(self, method: str, session: str) -> str | None:
        """Process the field ``Session`` of the answer to ``method``. Return the session's name, or None if it is not
        given here: the answer to SETUP should give it, but some cameras name it in another one, or not at all.
        """
        if not session or (method != "SETUP" and self._told_by == "SETUP"):
            return None
        name, self._timeout = parse_session(session)
        self._told_by = method
        return name
