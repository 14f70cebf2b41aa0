"""No sender of a request can choose the address that the gateway sees."""

from ipaddress import ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.api.admission.proxies import network_of, origin, parse_address
from tests.in_process import House

PROXIES = (ip_network("127.0.0.1"), ip_network("10.1.0.0/16"), ip_network("2001:db8:1::/48"))
STRANGERS = st.ip_addresses().filter(lambda address: not any(address in network for network in PROXIES)).map(str)
TRUSTED = st.sampled_from(["127.0.0.1", "10.1.2.3", " 10.1.255.255 ", "2001:db8:1::5", "::ffff:10.1.0.9"])
ANYTHING = st.text(max_size=60) | st.ip_addresses().map(str)


@given(peer=STRANGERS, forwarded=st.lists(ANYTHING, max_size=5))
def test_a_stranger_cannot_claim_another_address(peer: str, forwarded: list[str]) -> None:
    assert origin(peer, forwarded, PROXIES) == peer
    assert origin(peer, forwarded, ()) == peer


@given(
    invented=st.lists(ANYTHING, max_size=5),
    client=STRANGERS,
    proxies=st.lists(TRUSTED, max_size=3),
    split=st.booleans(),
)
@example(invented=["6.6.6.6"], client="203.0.113.7", proxies=[], split=False)
def test_addresses_that_a_stranger_adds_before_the_proxys_own_are_not_believed(
    invented: list[str], client: str, proxies: list[str], split: bool
) -> None:
    entries = [*invented, client, *proxies]
    headers = entries if split else [", ".join(entries)]
    assert origin("127.0.0.1", headers, PROXIES) == str(parse_address(client))


@given(
    before=st.lists(ANYTHING, max_size=3),
    rubbish=st.text(min_size=1).filter(lambda text: text.strip() and "," not in text and parse_address(text) is None),
    proxies=st.lists(TRUSTED, max_size=3),
)
@example(before=[], rubbish="203.0.113.7:4711", proxies=[])
@example(before=[], rubbish="unknown", proxies=["10.1.2.3"])
def test_if_a_proxy_names_something_that_is_not_an_address_the_proxys_own_counts(
    before: list[str], rubbish: str, proxies: list[str]
) -> None:
    assert origin("127.0.0.1", [",".join([*before, rubbish, *proxies])], PROXIES) == "127.0.0.1"


@pytest.mark.parametrize("forwarded", [[], [""], [" , "]])
def test_a_trusted_proxy_that_names_nobody_is_itself_the_caller(forwarded: list[str]) -> None:
    assert origin("10.1.2.3", forwarded, PROXIES) == "10.1.2.3"


def test_somebody_within_a_trusted_network_is_named_by_its_proxy() -> None:
    assert origin("127.0.0.1", ["10.1.2.3"], PROXIES) == "10.1.2.3"


def test_one_ipv6_subscriber_counts_as_one_sender() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:203.0.113.7") == "203.0.113.7"
    assert network_of("") == ""


async def test_a_stranger_who_claims_another_address_is_recorded_with_their_own(house: House) -> None:
    auditor = await house.sign_in("auditor")
    await auditor.post("/api/tokens", {"site": "lincoln"}, **{"X-Forwarded-For": "203.0.113.7"})
    [refused] = await house.records("view_refused")
    assert refused.event.origin_address == "127.0.0.1"
