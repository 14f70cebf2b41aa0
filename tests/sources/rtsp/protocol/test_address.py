import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.rtsp.protocol.address import parse_address, parse_place
from gateway.sources.rtsp.protocol.auth import Credentials


def test_credentials_in_a_url_are_used_and_removed_from_it() -> None:
    address = parse_address("rtsp://admin:p%40ss@10.1.2.3:8554/live?channel=1", None, None)
    assert (address.host, address.port) == ("10.1.2.3", 8554)
    assert address.url == "rtsp://10.1.2.3:8554/live?channel=1"
    assert address.credentials == Credentials("admin", "p@ss")
    assert "p@ss" not in repr(address)


def test_configured_credentials_take_precedence_over_those_in_the_url() -> None:
    address = parse_address("rtsp://a:b@[::1]/live", "c", "d")
    assert (address.host, address.port, address.url) == ("::1", 554, "rtsp://[::1]/live")
    assert address.credentials == Credentials("c", "d")


@pytest.mark.parametrize(
    "url", ["", "http://u:secret@x/", "rtsp://", "rtsp://u:secret@x:99999/", "rtsp://x/a b", "rtsp://[x"]
)
def test_anything_but_an_rtsp_url_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(CameraError) as caught:
        parse_address(url, None, None)
    assert "secret" not in str(caught.value)


def test_the_scheme_requests_tls() -> None:
    address = parse_address("RTSPS://camera/live", None, None)
    assert (address.port, address.tls, address.url) == (322, True, "rtsps://camera/live")


@pytest.mark.parametrize(
    ("configured", "location"),
    [
        ("rtsp://camera/live", "rtsp://CAMERA.:554/other?x=1"),
        ("rtsp://10.0.0.5:8554/live", "rtsp://admin:theirs@10.0.0.5:8554/other"),
        ("rtsp://[2001:db8::5]/live", "rtsp://[2001:DB8:0:0::5]:554/other"),
        ("rtsp://camera/live", "rtsp://10.0.0.9:8554/other"),
        ("rtsp://camera/live", "rtsp://10.0.0.5/other"),
    ],
)
def test_a_redirect_to_the_same_or_a_configured_place_keeps_our_credentials(configured: str, location: str) -> None:
    address = parse_address(configured, "police", "secret", [parse_place("10.0.0.9:8554")])
    target = address.follow(location, "10.0.0.5")
    assert (target.credentials, target.redirected) == (address.credentials, True)
    assert "theirs" not in target.url
    assert target.follow(configured).place == address.place


@pytest.mark.parametrize(
    ("location", "named"),
    [
        ("rtsp://camera:22/live", "camera:22"),
        ("rtsp://10.0.0.8:8554/live", "10.0.0.8:8554"),
        ("rtsp://10.0.0.5:8554/live", "10.0.0.5:8554"),
        ("rtsps://camera/live", "camera:322"),
        ("rtsp://[::1]/live", "[::1]:554"),
        ("rtsp://cam\u0435ra\u202e/live", "another host"),
        (f"rtsp://{'a' * 300}/live", "another host"),
    ],
)
def test_a_camera_cannot_choose_where_the_gateway_connects(location: str, named: str) -> None:
    address = parse_address("rtsp://camera/live", "police", "secret", [parse_place("10.0.0.9:8554")])
    with pytest.raises(CameraError) as caught:
        address.follow(location, "10.0.0.5")
    assert caught.value.reason is SourceReason.REDIRECT_REFUSED
    assert f"redirects to {named}, which is not among its `redirects`" in caught.value.detail


@given(st.text(max_size=80))
def test_no_location_header_leads_to_another_place(location: str) -> None:
    address = parse_address("rtsp://camera/live", None, None)
    for written in (location, f"rtsp://{location}", f"rtsp://camera{location}"):
        with contextlib.suppress(CameraError):
            assert address.follow(written).place == address.place


@pytest.mark.parametrize("text", ["", "camera", "camera:", "camera:0", "camera:70000", "a@b:1", "camera:1/x", "::1:5"])
def test_an_invalid_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_place(text)


@pytest.mark.parametrize(
    "location", ["http://camera/", "/relative", "rtsp://camera/a b", "", "rtsp://camera/" + "x" * 2000]
)
def test_a_redirect_to_an_invalid_address_is_refused(location: str) -> None:
    with pytest.raises(CameraError):
        parse_address("rtsp://camera/live", None, None).follow(location)


def test_a_redirect_never_turns_tls_off() -> None:
    address = parse_address("rtsps://camera/live", None, None, [parse_place("camera:554")])
    with pytest.raises(CameraError):
        address.follow("rtsp://camera/live")
