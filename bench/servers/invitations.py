"""``python -m bench.servers.invitations``, run with a checkout's own code: makes a link for each person of the bench.

Arguments: the configuration, its overrides as JSON, the public URL, the number of dispatchers, the school. Prints one
link per line: the dispatchers', the auditor's, the coordinator's.
"""

import asyncio
import json
import sys
from pathlib import Path

from gateway.commands.invite import links
from gateway.config_loader import load
from gateway.models import Principal, Role, SiteId

if __name__ == "__main__":
    configuration, overrides, url, dispatchers, site = sys.argv[1:]
    people = [Principal(f"d{number}", "D", Role.DISPATCHER) for number in range(int(dispatchers))]
    people.append(Principal("a", "A", Role.AUDITOR))
    people.append(Principal("c", "C", Role.COORDINATOR, frozenset({SiteId(site)})))
    print("\n".join(asyncio.run(links(load(Path(configuration), json.loads(overrides)), people, url))))
