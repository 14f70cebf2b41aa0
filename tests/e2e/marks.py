"""The marks of modules whose tests share one event loop, with real processes and a browser."""

import pytest

E2E = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]
ALONE = [*E2E, pytest.mark.quiet]
"""The same for tests that measure time."""
