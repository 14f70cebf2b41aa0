import aioice.ice
import pytest


@pytest.fixture(autouse=True)
def _aioice_uses_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let aioice gather loopback addresses, which it normally skips. The tests can rely on nothing else."""

    def loopback(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr(aioice.ice, "get_host_addresses", loopback)
