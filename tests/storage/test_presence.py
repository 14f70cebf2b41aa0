"""Checks what the command line can find out about a gateway on the same storage."""

import asyncio
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.storage.presence import NAME, Presence, looked_at_by_gateway


async def test_a_gateway_is_found_while_it_runs_but_not_after_it_is_killed(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    assert looked_at_by_gateway(directory) is None
    told = 0.0
    running = asyncio.create_task(Presence(directory, lambda: told).run(SystemClock()))

    async def noted(at: float) -> None:
        async with asyncio.timeout(10):
            while looked_at_by_gateway(directory) != at:  # noqa: ASYNC110  the kernel notifies nobody of a lock
                await asyncio.sleep(0)

    await noted(0.0)
    told = 123_456.789
    await noted(told)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert looked_at_by_gateway(directory) is None
    assert (directory / NAME).stat().st_mode & 0o777 == 0o600


async def test_a_folder_that_cannot_be_written_does_not_stop_the_gateway(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    await Presence(tmp_path / "file" / "data", lambda: 1.0).run(SystemClock())
    assert "commands will say that no gateway runs" in caplog.text
