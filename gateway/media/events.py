"""Notifies listeners of events in the media. No asyncio: everything is called from within the event loop."""

from gateway.listeners import Listeners
from gateway.metrics import Metrics
from gateway.models import CameraId, SourceStatus, StreamName
from gateway.webrtc.interface import SessionEvent

StreamKey = tuple[CameraId, StreamName]


class MediaEvents:
    """The events of all media of a gateway, however many processes they run in.

    ``session``: something happened to a media session. ``status``: a pull has changed its state. ``timeline``: a
    stream's map from RTP time to capture time has changed its meaning. ``picture``: a camera's content has stopped
    changing, or has started to change again.
    """

    def __init__(self, metrics: Metrics) -> None:
        self.session: Listeners[SessionEvent] = Listeners("media_session", metrics)
        self.status: Listeners[SourceStatus] = Listeners("media_status", metrics)
        self.timeline: Listeners[StreamKey] = Listeners("media_timeline", metrics)
        self.picture: Listeners[CameraId] = Listeners("media_picture", metrics)
