"""Both sides of an RTSP conversation: the client's core, and a camera whose answers the test writes."""

from gateway.sources.rtsp.protocol.address import parse_address
from gateway.sources.rtsp.protocol.events import Event, Playing
from gateway.sources.rtsp.protocol.session import RtspSession

SDP = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n"


class Dialogue:
    """The camera's side, written by the test."""

    def __init__(self, url: str = "rtsp://police:secret@camera/live") -> None:
        self.now = 100.0
        self.session = RtspSession(parse_address(url, None, None), lambda: "cnonce")
        self.session.start(self.now)

    def requested(self) -> tuple[str, str, dict[str, str]]:
        """Return method, URL and headers of the only request that is being sent."""
        head, *lines = self.session.take_output().decode().removesuffix("\r\n\r\n").split("\r\n")
        method, url, version = head.split(" ")
        assert version == "RTSP/1.0"
        return method, url, {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}

    def answer(self, *headers: str, status: int = 200, body: bytes = b"") -> list[Event]:
        """Answer the request that is being sent."""
        *_, sent = self.requested()
        lines = [f"RTSP/1.0 {status} Words", f"CSeq: {sent['cseq']}", *headers, f"Content-Length: {len(body)}", "", ""]
        return self.session.receive("\r\n".join(lines).encode() + body, self.now)

    def play(self, session: str = "42", transport: str = "RTP/AVP/TCP;unicast;interleaved=0-1") -> None:
        self.answer(body=SDP)
        self.answer(f"Session: {session}", f"Transport: {transport}")
        assert [type(event) for event in self.answer()] == [Playing]
