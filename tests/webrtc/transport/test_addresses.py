import asyncio
import socket
from collections import deque

import pytest

from gateway.configuration.media_settings import MediaSettings
from gateway.process.resolver import Resolver
from gateway.webrtc.transport import addresses
from gateway.webrtc.transport.addresses import LOOK_UP_EVERY, endpoints, keep_names, look_up_names
from gateway.webrtc.transport.ice import candidate_lines, split_address
from gateway.webrtc.transport.route import Route
from gateway.webrtc.transport.udp import MediaPort
from tests.fakes import FakeClock


def nothing(_: str) -> tuple[str, ...]:
    """Return nothing: no name is known."""
    return ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1", ("192.0.2.1", 8189)),
        ("192.0.2.1:443", ("192.0.2.1", 443)),
        ("2001:db8::1", ("2001:db8::1", 8189)),
        ("[2001:db8::1]", ("2001:db8::1", 8189)),
        ("[2001:db8::1]:443", ("2001:db8::1", 443)),
        ("gw.example.org:443", ("gw.example.org", 443)),
    ],
)
def test_an_advertised_address_may_name_a_port(text: str, expected: tuple[str, int]) -> None:
    assert split_address(text, 8189) == expected


@pytest.mark.parametrize("text", ["192.0.2.1:70000", "192.0.2.1:0", ":443"])
def test_anything_but_an_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an address"):
        split_address(text, 8189)


async def test_advertised_addresses_replace_the_hosts_own() -> None:
    settings = MediaSettings(advertise=("203.0.113.5:9000", "localhost", "203.0.113.5:9000"))
    resolver = Resolver()
    await look_up_names(settings, resolver)
    found = endpoints(settings, 8189, resolver.last)
    assert found[0] == ("203.0.113.5", 9000)
    assert found[1] in {("127.0.0.1", 8189), ("::1", 8189)}
    assert len(found) == 2


async def test_an_advertised_name_uses_its_last_answer_and_is_looked_up_again() -> None:
    settings = MediaSettings(advertise=("gateway.example.org:443",))
    answers: deque[tuple[str, ...] | socket.gaierror] = deque(
        [socket.gaierror("no answer"), ("192.0.2.1",), socket.gaierror("no answer"), ("192.0.2.2",)]
    )

    def look_up(_: str) -> tuple[str, ...]:
        answer = answers.popleft()
        if isinstance(answer, socket.gaierror):
            raise answer
        return answer

    resolver, clock = Resolver(look_up), FakeClock()
    found = []
    for _ in range(4):
        await look_up_names(settings, resolver)
        found += endpoints(settings, 8189, resolver.last)
    assert found == [("gateway.example.org", 443), ("192.0.2.1", 443), ("192.0.2.1", 443), ("192.0.2.2", 443)]

    answers.append(("192.0.2.3",))
    keeping = asyncio.create_task(keep_names(settings, resolver, clock))
    while endpoints(settings, 8189, resolver.last) != [("192.0.2.3", 443)]:
        await clock.advance(LOOK_UP_EVERY / 2)
    keeping.cancel()


def test_a_bound_address_is_the_candidate() -> None:
    assert endpoints(MediaSettings(host="127.0.0.1"), 7, nothing) == [("127.0.0.1", 7)]


def test_listening_on_any_address_means_all_of_the_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    def own(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        return ["192.0.2.1", "169.254.1.1"] + ["2001:db8::1", "fe80::1"] * use_ipv6

    monkeypatch.setattr(addresses, "get_host_addresses", own)
    assert endpoints(MediaSettings(host="0.0.0.0"), 7, nothing) == [("192.0.2.1", 7)]
    assert endpoints(MediaSettings(host="::"), 7, nothing) == [("192.0.2.1", 7), ("2001:db8::1", 7)]


def test_candidates_are_listed_by_falling_priority() -> None:
    first, second, *_ = candidate_lines([("192.0.2.1", 7), ("2001:db8::1", 7)], tcp=False)
    assert first == "1 1 udp 2130706431 192.0.2.1 7 typ host"
    assert second.startswith("2 1 udp 2130706175 2001:db8::1 7")


def test_tcp_comes_after_udp() -> None:
    lines = candidate_lines([("192.0.2.1", 7), ("2001:db8::1", 7)], tcp=True)
    assert lines[2].startswith("3 1 tcp ")
    assert lines[3].endswith(" 2001:db8::1 7 typ host tcptype passive")
    priorities = [int(line.split()[3]) for line in lines]
    assert priorities == sorted(priorities, reverse=True)
    assert len(set(priorities)) == 4


async def test_a_peer_on_a_dual_stack_socket_is_named_by_its_own_family() -> None:
    port = MediaPort("127.0.0.1", 0, lambda datagram, route: None)
    assert Route(port, ("::ffff:192.0.2.1", 5, 0, 0)).host == "192.0.2.1"
    assert Route(port, ("2001:db8::1", 5, 0, 0)).host == "2001:db8::1"
    port.close()
