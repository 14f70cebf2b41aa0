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
