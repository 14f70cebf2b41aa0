import pytest

from gateway.errors import CameraError
from gateway.sources.rtsp.address import parse_address
from gateway.sources.rtsp.auth import Credentials


def test_credentials_in_a_url_are_used_and_taken_out_of_it() -> None:
    address = parse_address("rtsp://admin:p%40ss@10.1.2.3:8554/live?channel=1", None, None)
    assert (address.host, address.port) == ("10.1.2.3", 8554)
    assert address.url == "rtsp://10.1.2.3:8554/live?channel=1"
    assert address.credentials == Credentials("admin", "p@ss")
    assert "p@ss" not in repr(address)


def test_configured_credentials_come_before_those_of_the_url() -> None:
    address = parse_address("rtsp://a:b@[::1]/live", "c", "d")
    assert (address.host, address.port, address.url) == ("::1", 554, "rtsp://[::1]/live")
    assert address.credentials == Credentials("c", "d")


@pytest.mark.parametrize(
    "url", ["", "http://u:secret@x/", "rtsp://", "rtsp://u:secret@x:99999/", "rtsp://x/a b", "rtsp://[x"]
)
def test_what_is_no_rtsp_url_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(CameraError) as caught:
        parse_address(url, None, None)
    assert "secret" not in str(caught.value)


def test_tls_is_asked_for_by_the_scheme() -> None:
    address = parse_address("RTSPS://camera/live", None, None)
    assert (address.port, address.tls, address.url) == (322, True, "rtsps://camera/live")


def test_a_redirect_takes_our_credentials_along_to_the_same_host_only() -> None:
    address = parse_address("rtsp://camera/live", "police", "secret")
    same = address.follow("rtsp://CAMERA:8554/other")
    assert (same.port, same.url, same.credentials) == (8554, "rtsp://CAMERA:8554/other", address.credentials)
    other = address.follow("rtsp://admin:theirs@elsewhere/live")
    assert (other.host, other.url, other.credentials) == ("elsewhere", "rtsp://elsewhere/live", None)


@pytest.mark.parametrize(
    "location", ["http://camera/", "/relative", "rtsp://camera/a b", "", "rtsp://camera/" + "x" * 2000]
)
def test_a_redirect_to_what_is_no_address_is_refused(location: str) -> None:
    with pytest.raises(CameraError):
        parse_address("rtsp://camera/live", None, None).follow(location)


def test_a_redirect_never_leads_out_of_tls() -> None:
    with pytest.raises(CameraError):
        parse_address("rtsps://camera/live", None, None).follow("rtsp://camera/live")
