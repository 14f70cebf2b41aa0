"""What happens in the media, told to whoever listens. No asyncio: all is called from within the event loop."""

from gateway.listeners import Listeners
from gateway.metrics import Metrics
from gateway.models import CameraId, SourceStatus, StreamName
from gateway.webrtc.interface import SessionEvent

StreamKey = tuple[CameraId, StreamName]


class MediaEvents:
    """One for a gateway, whatever the number of its processes.

    ``session``: something happened to a media session. ``status``: a pull has changed its state. ``timeline``: the map
    of a stream from RTP time to capture time has changed its meaning. ``picture``: a camera's content has stopped
    changing, or changes again.
    """

    def __init__(self, metrics: Metrics) -> None:
        self.session: Listeners[SessionEvent] = Listeners("media_session", metrics)
        self.status: Listeners[SourceStatus] = Listeners("media_status", metrics)
        self.timeline: Listeners[StreamKey] = Listeners("media_timeline", metrics)
        self.picture: Listeners[CameraId] = Listeners("media_picture", metrics)
