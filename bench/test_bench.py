"""Tests the bench itself: what it reports about a server must be true."""

import asyncio
import copy
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from xml.dom import minidom

import numpy as np
import pytest
from rich.console import Console

from bench import floor
from bench.accounting import family, queued, usage
from bench.figures import growth
from bench.figures.chart import draw
from bench.figures.targets import targets
from bench.idle import Turn, contenders, figures
from bench.load.feeder import TICKS, WRITTEN, Camera, RtspConnection
from bench.run import feeding, measure
from bench.servers.server import Endpoint, NotHere
from bench.servers.without import UDP_SEGMENT, Refusing
from bench.suite import Desk, Plan, Rows, external, in_turns, sightline, slope
from bench.timing import Received, delays

MS = 1_000_000
GOP = 30
KEYFRAME, OTHER = 50_000, 4_000


def written(pictures: int, camera: int = 0) -> np.ndarray:
    """Return the log of one camera that sends a picture every 33 ms."""
    lines = [(camera, number % GOP, number * TICKS, number * 33 * MS) for number in range(pictures)]
    return np.array(lines, WRITTEN)


def received(numbers: list[int], delay: dict[int, int], offset: int) -> Received:
    """Return what a viewer receives: the pictures with these numbers, ``offset`` ticks later in RTP time, each
    ``delay`` ms (1 by default) after it was sent."""
    return Received(
        np.array([(number * TICKS + offset) & 0xFFFFFFFF for number in numbers], np.uint32),
        np.array([(number * 33 + delay.get(number, 1)) * MS for number in numbers], np.int64),
        np.array([OTHER if number % GOP else KEYFRAME for number in numbers], np.uint32),
    )


@pytest.mark.parametrize("offset", [0, 12_345, 0xFFFF_0000])
def test_each_picture_is_timed_whatever_timestamps_a_server_chooses(offset: int) -> None:
    found = delays(written(90), 0, received(list(range(35, 85)), {40: 7, 60: 5}, offset))
    assert sorted(found.pictures) == [1.0] * 48 + [7.0]
    assert list(found.keyframes) == [5.0]
    assert found.unmatched == 0


def test_pictures_that_a_viewer_missed_do_not_shift_the_others() -> None:
    numbers = [number for number in range(35, 85) if number not in (50, 51, 70)]
    found = delays(written(90), 0, received(numbers, {}, 99))
    assert set(found.pictures) == {1.0}
    assert len(found.pictures) + len(found.keyframes) == len(numbers)


def test_a_server_that_holds_each_picture_until_the_next_does_not_look_fast() -> None:
    found = delays(written(90), 0, received(list(range(35, 85)), dict.fromkeys(range(90), 34), 7))
    assert set(found.pictures) == {34.0}


def test_a_viewer_without_a_keyframe_is_not_timed_at_all() -> None:
    found = delays(written(90), 0, received(list(range(31, 59)), {}, 0))
    assert not len(found.pictures)
    assert found.unmatched == 28


def test_only_the_viewers_own_camera_counts() -> None:
    log = np.concatenate([written(90, camera=1), written(90)])
    assert delays(log, 2, received(list(range(35, 85)), {}, 0)).unmatched == 50


def test_an_external_server_is_given_by_name_url_and_process() -> None:
    name, _ = external("mediamtx=http://127.0.0.1:8889/camera-{camera}/whep,pid=12,pid=13")
    assert name == "mediamtx"
    with pytest.raises(ValueError, match="NAME=URL,pid=N"):
        external("mediamtx=http://127.0.0.1:8889/camera-{camera}/whep")


def test_memory_per_viewer_is_the_slope_between_two_numbers_of_viewers() -> None:
    few, many = {"viewers": 10, "resident_mb": 200.0}, {"viewers": 110, "resident_mb": 220.0}
    assert slope(few, many) == {"kilobytes_a_viewer": 200}
    assert slope(few, {"not here": "no such program"}) == {}


def test_the_usage_of_a_process_includes_its_children() -> None:
    with socket.socket():
        here = family([1])
    assert len(here) > 1
    assert usage(here).resident > usage([2**22 + 1]).resident == 0


def test_the_chart_has_a_bar_for_each_figure_and_none_for_missing_servers() -> None:
    drawn = draw({"a": {"x": {"microseconds_a_packet": 2.0}, "y": {"not here": "<gone>"}}, "memory": {"x": {}}})
    assert drawn.count("<rect") == 2  # the background and one bar
    assert "gone" not in drawn


class Broken:
    """A server that misbehaves in one way or another."""

    pids = ()

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def start(self) -> None:
        raise self._error

    async def endpoint(self, camera: int) -> Endpoint:
        raise AssertionError("it did not start")

    async def counters(self) -> dict[str, float]:
        return {}

    async def stop(self) -> None:
        raise AssertionError("it does not stop either")


async def test_a_failing_server_loses_only_its_row_and_figures_are_kept_as_they_are_measured() -> None:
    kept: list[dict[str, Any]] = []
    desk = Desk(Console(quiet=True), lambda found: kept.append(copy.deepcopy(found)))
    rows: Rows = {"gone": (lambda _: Broken(NotHere("x")), 1), "odd": (lambda _: Broken(ValueError("rubbish")), 1)}
    found: dict[str, Any] = {"one": {}}
    await in_turns("one", 1, rows, Plan(1, 0.1, (1,), 1, 1), desk, found)
    assert found == {"one": {"gone": {"not here": "x"}, "odd": {"not here": "rubbish"}}}
    assert [list(each["one"]) for each in kept] == [["gone"], ["gone", "odd"]]


async def test_the_bench_can_make_the_gateway_see_a_kernel_without_segmentation() -> None:
    with Refusing(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        with pytest.raises(OSError, match="not available"):
            one.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 1200)


@pytest.fixture
async def cameras() -> AsyncIterator[int]:
    """Run two cameras without a film, and return their RTSP port."""
    two = [Camera(number, [(b"\x65picture",)], 0, None) for number in range(2)]
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: RtspConnection(two, "Z0I=,aM4="), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


async def asked(port: int, *requests: str) -> list[str]:
    """Return the first line of the answer to each request, all in one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = []
    for request in requests:
        writer.write(request.encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if length := re.findall(r"Content-Length: (\d+)", head):
            await reader.readexactly(int(length[0]))
        found.append(head.partition("\r\n")[0])
    writer.close()
    return found


async def test_a_peer_that_asks_for_an_unknown_camera_gets_404_and_may_continue(cameras: int) -> None:
    urls = [f"rtsp://127.0.0.1/{path}" for path in ("camera-2", "camera-", "camera-1x", "", "camera-1")]
    assert await asked(cameras, *(f"DESCRIBE {url} RTSP/1.0\r\nCSeq: 1\r\n\r\n" for url in urls)) == [
        *["RTSP/1.0 404 Not Found"] * 4,
        "RTSP/1.0 200 OK",
    ]


async def test_a_peer_that_does_not_speak_rtsp_is_disconnected_without_an_answer(cameras: int) -> None:
    for rubbish in (b"\r\n\r\n", b"GET\r\n\r\n", b"\xff\xfe \x00 x\r\n\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", cameras)
        writer.write(rubbish)
        assert await reader.read() == b""
        writer.close()


def test_an_idle_series_has_medians_the_slope_of_memory_and_the_missing_servers() -> None:
    turn = Turn(1, 5.0, 0.1, 0.08, 0.02, 50.0, 20.0, 1.0, 0.0, 0.5, 0.0)
    many = [replace(turn, cameras=11, cores=cores, pss_mb=60.0) for cores in (0.2, 0.9, 0.3)]
    turns = {1: {"ours": [turn], "peer": []}, 11: {"ours": many, "peer": []}}
    found = figures(turns, {1: {"peer": "not installed"}, 11: {}}, (11,))["11 cameras"]
    assert found["peer"] == {"not here": "not installed"}
    assert (found["ours"]["cores"], found["ours"]["spread"]) == (0.3, [0.2, 0.9])
    assert found["ours"]["kilobytes_a_camera"] == 1000


def test_checkouts_are_measured_side_by_side_under_their_names() -> None:
    assert list(contenders(["sightline"], ["before=/a", "/b/after"])) == [
        "sightline before, health off",
        "sightline before, health on",
        "sightline after, health off",
        "sightline after, health on",
    ]
    assert list(contenders([], [])) == ["sightline, health off", "sightline, health on", "mediamtx", "go2rtc"]


async def test_the_floor_in_c_is_built_and_measured_if_possible() -> None:
    try:
        found = await floor.measure(seconds=1)
    except NotHere as reason:
        pytest.skip(str(reason))
    assert all(0 < cost < 1000 for cost in found.values())


async def test_unread_data_of_a_server_is_noticed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as one:
        port = server.getsockname()[1]
        other, _ = server.accept()
        with other:
            assert queued(port) == 0
            one.sendall(b"x" * 1000)
            assert queued(port) == 1000


def test_growth_is_drawn_with_a_line_per_server_and_hollow_marks_if_it_did_not_keep_up() -> None:
    def row(cameras: int, delivered: float) -> dict[str, float]:
        return {
            "cameras": cameras,
            "cores": cameras / 500,
            "pss_mb": cameras + 100,
            "delivered": delivered,
            "behind": 0,
        }

    rows = {"ours": row(10, 1.0), "<peer>": row(10, 1.0)}, {"ours": row(1000, 0.5), "<peer>": {"not here": "x"}}
    drawn = growth.draw({"10 cameras": rows[0], "1000 cameras": rows[1]})
    assert minidom.parseString(drawn).getElementsByTagName("svg")
    assert drawn.count("&lt;peer&gt;") == 2
    assert drawn.count('fill="white"') == 3  # the background, and a mark in each panel


@pytest.mark.parametrize(("value", "limit"), [(0.02, 0.02), (0.3, 0.5), (1, 1), (1.9, 2), (2.1, 2.5), (700, 1000)])
def test_an_axis_ends_at_a_round_figure(value: float, limit: float) -> None:
    assert growth.round_up(value) == pytest.approx(limit)


@pytest.mark.e2e
async def test_every_packet_of_the_served_gateway_is_counted_and_timed() -> None:
    async with feeding(2) as feed:
        result = (await measure(sightline(), feed, viewers=4, seconds=4.5)).result
    assert result.viewers == 4
    assert result.lost == result.sealed == result.unmatched == 0
    assert result.opened
    assert result.least_packets > 700
    assert result.cpu > 0
    assert result.delay["p50"] < 1000


def test_missed_targets_are_reported_as_missed() -> None:
    def row(cost: float, **counters: float) -> dict[str, Any]:
        named = {f'sightline_dropped_total{{where="{where}"}}': value for where, value in counters.items()}
        return {
            "microseconds_a_packet": cost,
            "viewers": 100,
            "lost": 0,
            "delay_ms": {"p99": cost / 2},
            "counters": named,
        }

    def missed(many: dict[str, Any], peer: float) -> list[str]:
        ten = {"400 viewers": many, "100 viewers": many}
        servers = {"one camera": {"sightline": row(3.0), "peer": row(peer), "gone": {"not here": "x"}}}
        found = {"servers": servers | {"this gateway, ten cameras": ten}}
        return [target.what.split(":")[0].split(",")[0] for target in targets(found) if not target.met]

    assert missed(row(3.0, source_access_units=9), 15.0) == []
    assert missed(row(7.0, viewer_groups=1), 14.0) == [
        "peer",
        "CPU per packet",
        "packets lost or dropped by us",
        "RTP in to out",
    ]
    assert targets({}) == []
