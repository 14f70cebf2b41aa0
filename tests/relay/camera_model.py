"""Models what a relay would receive from a camera with a given clock, delay and network."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

from gateway.models import TimelinePoint
from gateway.relay.line import Line
from gateway.relay.timeline import Map, Timeline
from gateway.rtp.time import VIDEO_CLOCK_RATE, WRAP
from gateway.sources.media import ClockSample

CAMERA_EPOCH = 1_700_000_000.0


@dataclass
class CameraModel:
    """Models a camera. ``at(t)`` functions return the fault at gateway time ``t``, in seconds.

    ``offset``: the camera's clock minus the right time. ``delay``: capture to arrival. ``media``: the error of its
    media clock. Reports arrive as late as the pictures do. The delay is either that of a ``queue``, whose reports
    contain earlier readings of the camera's clock, or that of a recorder, which says according to its present clock
    when the picture was taken. Reports are ``reports_ahead`` seconds ahead of ``Date``, as if one of them gave local
    time. ``wall`` and ``steady`` are the gateway's own clock minus gateway time; they are the same if nobody has set
    it.
    """

    offset: Callable[[float], float] = lambda t: 0.0
    delay: Callable[[float], float] = lambda t: 0.05
    media: Callable[[float], float] = lambda t: 0.0
    playing: Callable[[float], bool] = lambda t: True
    fps: float = 15.0
    jitter: float = 0.01
    round_trip: float = 0.01
    report_every: float = 5.0
    reports: bool = True
    dates: Callable[[float], bool] = lambda t: True
    send_time_reports: bool = False
    queue: bool = True
    reports_ahead: float = 0.0
    clock_trusted: bool = False
    wall: Callable[[float], float] = lambda t: CAMERA_EPOCH
    steady: Callable[[float], float] | None = None
    random: Random = field(default_factory=lambda: Random(1))

    def clock(self, t: float) -> float:
        return t + CAMERA_EPOCH + self.offset(t)

    def rtp(self, captured: float) -> int:
        return round((captured + self.media(captured) + 40_000.0) * VIDEO_CLOCK_RATE) % WRAP


@dataclass(frozen=True)
class Seen:
    """The map at ``now``, the age of the latest picture according to it, and the true age."""

    now: float
    map: Map
    age: float
    true_age: float

    @property
    def state(self) -> str:
        return classify(self.map, self.age)


def classify(map_: Map | TimelinePoint, age: float) -> str:
    """Classify an age according to the first table of docs/age.md, as a page with a perfect clock would."""
    if not map_.trusted:
        return "UNVERIFIED"
    reach = age + map_.uncertainty
    return "LIVE" if reach < 2.0 else "DELAYED" if age < 5.0 else "NOT LIVE"


def run(model: CameraModel, seconds: float, start: float = 100.0) -> Iterator[Seen]:
    """Play the camera to a timeline, with handshake, reports and queries, and yield what a page knows after every
    picture, and every 0.1 s while none arrives.
    """
    random, line, timeline = model.random, Line(), Timeline(model.clock_trusted)

    def ask(now: float) -> float:
        there = random.uniform(0, model.round_trip)
        if model.dates(now):
            date = math.floor(model.clock(now + there))
            timeline.clock_sample(ClockSample(date, now, now + model.round_trip))
        return now + model.round_trip

    asked = start
    for _ in range(3):
        asked = ask(asked)
    timeline.connected(asked)
    t = asked
    next_report = t + 0.2
    captured_last: float | None = None
    media_last = 0.0
    while t < start + seconds:
        t += 1 / model.fps
        arrival = t + random.uniform(0, model.jitter)
        due = timeline.next_clock_query(t)
        if due <= t and asked <= t:
            asked = ask(max(due, t - 1 / model.fps))
        captured = t - model.delay(t)
        if model.playing(t) and (captured_last is None or captured != captured_last):
            placed = line.place(model.rtp(captured), arrival)
            captured_last, media_last = captured, placed.media / VIDEO_CLOCK_RATE
            walls = (model.wall(arrival), (model.steady or model.wall)(arrival))
            timeline.picture(media_last, arrival, placed.leap, walls)
            if model.reports and t >= next_report:
                next_report = t + model.report_every
                told = t if model.send_time_reports else captured
                media = line.media_of(model.rtp(captured))
                assert media is not None
                read = model.clock(told) if model.queue else model.clock(t) - (t - told)
                timeline.sender_report(media / VIDEO_CLOCK_RATE, read + model.reports_ahead, arrival)
        if captured_last is not None:
            now = max(t, arrival)
            map_ = timeline.map(now)
            yield Seen(now - start, map_, now - media_last - map_.intercept, now - captured_last)
