"""Checks rules between keys of a configuration. Pure.

It works on plain data, so that these rules are checked even if single values are wrong.
"""

import hmac
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import urlsplit

from gateway.configuration.wording import Key, did_you_mean

Problem = tuple[Key, str]


def reference_problems(
    raw: object, webhook_key_of: Callable[[object], bytes | None], secret_of: Callable[[object], bytes | None]
) -> list[Problem]:
    """Return duplicate ids and secrets, and references to things that do not exist, each with the path of the key to
    change.

    ``raw`` has the shape of ``Settings`` where it is valid; invalid parts are skipped. ``webhook_key_of`` returns
    the signing key for the value of a webhook's ``secret``, or None if the value stands for no key. ``secret_of``
    returns the bytes of any other secret in the same way.
    """
    sites = list(entries(raw, "sites"))
    cameras = [(("sites", at, "cameras", i), c) for at, site in sites for i, c in entries(site, "cameras")]
    webhooks = [(("sites", at, "webhooks", i), w) for at, site in sites for i, w in entries(site, "webhooks")]
    agreements = [(("agreements", at), agreement) for at, agreement in entries(raw, "agreements")]
    players = [(("players", at), player) for at, player in entries(raw, "players")]
    return [
        *_no_site(raw),
        *_twice(((("sites", at), site) for at, site in sites), "id", "also the id of another site"),
        *_twice(cameras, "id", "also the id of another camera; ids are unique in the whole district"),
        *_twice(webhooks, "id", "also the id of another webhook; ids are unique in the whole district"),
        *_twice(agreements, "site", "already the site of another agreement; each site has one"),
        *_twice(players, "id", "also the id of another wall player"),
        *_twice(players, "name", "also the name of another wall player; the record names players by it"),
        *_shared_secrets(webhooks, webhook_key_of),
        *_players(players, webhooks, secret_of, [str(site.get("id")) for _, site in sites]),
        *_nvrs(raw, cameras),
        *_recorders_apart(cameras),
        *_agreements(agreements, {str(site.get("id")): site for _, site in sites}),
    ]


def entries(raw: object, key: str) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield (index, mapping) for each entry of ``raw[key]`` that is a mapping."""
    value = raw.get(key) if isinstance(raw, dict) else None
    if isinstance(value, list | tuple):
        yield from ((index, item) for index, item in enumerate(value) if isinstance(item, dict))


def _no_site(raw: object) -> Iterator[Problem]:
    # This is not a length rule on the field, because pydantic would also report that where entries exist but are wrong.
    if isinstance(raw, dict) and raw.get("sites") in ([], ()):
        yield ("sites",), "must have at least one entry"


def _twice(items: Iterable[tuple[Key, dict[str, object]]], key: str, message: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for path, item in items:
        value = item.get(key)
        if isinstance(value, str):
            if value in seen:
                yield (*path, key), f"'{value}' is {message}"
            seen.add(value)


def _shared_secrets(
    webhooks: Iterable[tuple[Key, dict[str, object]]], key_of: Callable[[object], bytes | None]
) -> Iterator[Problem]:
    """Report webhooks that share a secret. A signature does not name its webhook, so a message for one would be valid
    for both."""
    sharing: dict[bytes, list[tuple[Key, str]]] = {}
    for path, webhook in webhooks:
        key = key_of(webhook.get("secret"))
        if key is not None:
            # Compare the keys as HMAC uses them: zeros at the end of a key, for example, do not change a signature.
            sharing.setdefault(hmac.digest(key, b"", "sha256"), []).append((path, str(webhook.get("id"))))
    for group in sharing.values():
        for path, _ in group if len(group) > 1 else ():
            others = ", ".join(f"'{name}'" for other, name in group if other != path)
            words = f"is also the secret of {others}: a message for one would sound the alarm of the other"
            yield (*path, "secret"), f"{words}; give each webhook its own"


def _players(
    players: Iterable[tuple[Key, dict[str, object]]],
    webhooks: Iterable[tuple[Key, dict[str, object]]],
    secret_of: Callable[[object], bytes | None],
    sites: list[str],
) -> Iterator[Problem]:
    """Report wall players at schools that do not exist, and those whose secret is also somebody else's."""
    owners: dict[bytes, list[tuple[Key, str]]] = {}
    for path, owner in [*players, *webhooks]:
        secret = secret_of(owner.get("secret"))
        if secret is not None:
            owners.setdefault(secret, []).append((path, str(owner.get("id"))))
    for path, player in players:
        named = player.get("sites")
        for site in sorted(map(str, named)) if isinstance(named, list | tuple | frozenset) else ():
            if site not in sites:
                yield (*path, "sites"), f"'{site}' is not among the sites{did_you_mean(site, sites)}"
        sharing = owners.get(secret_of(player.get("secret")) or b"", ())
        others = ", ".join(f"'{name}'" for other, name in sharing if other != path)
        if others:
            yield (*path, "secret"), f"is also the secret of {others}; give each wall player its own"


def _nvrs(raw: object, cameras: Iterable[tuple[Key, dict[str, object]]]) -> Iterator[Problem]:
    media = raw.get("media") if isinstance(raw, dict) else None
    listed = media.get("nvrs") if isinstance(media, dict) else None
    known = [str(name) for name in listed] if isinstance(listed, dict) else []
    for path, camera in cameras:
        nvr = camera.get("nvr")
        if isinstance(nvr, str) and nvr not in known:
            yield (*path, "nvr"), f"'{nvr}' is not among media.nvrs{did_you_mean(nvr, known)}"


def _recorders_apart(cameras: Iterable[tuple[Key, dict[str, object]]]) -> Iterator[Problem]:
    """Report recorder names that are used for two hosts. Schools may share a recorder, but two different recorders
    under one name would wait for each other's sessions."""
    found: dict[str, tuple[object, str]] = {}
    for path, camera in cameras:
        nvr, host = camera.get("nvr"), _host(camera.get("main"))
        if not isinstance(nvr, str) or host is None:
            continue
        site, first = found.setdefault(nvr, (path[1], host))
        if site != path[1] and first != host:
            words = f"'{nvr}' is at {first} for another site but at {host} here: give each recorder its own name"
            yield (*path, "nvr"), words


def _host(stream: object) -> str | None:
    url = stream.get("url") if isinstance(stream, dict) else None
    try:
        return urlsplit(url).hostname if isinstance(url, str) else None
    except ValueError:
        return None


def _agreements(
    agreements: Iterable[tuple[Key, dict[str, object]]], sites: dict[str, dict[str, object]]
) -> Iterator[Problem]:
    for path, agreement in agreements:
        site = agreement.get("site")
        if not isinstance(site, str):
            continue
        if site not in sites:
            yield (*path, "site"), f"'{site}' is not among the sites{did_you_mean(site, sites)}"
            continue
        own = [str(camera.get("id")) for _, camera in entries(sites[site], "cameras")]
        named = agreement.get("cameras")
        for camera in named if isinstance(named, dict) else ():
            if camera not in own:
                yield (*path, "cameras", camera), f"is not a camera of '{site}'{did_you_mean(str(camera), own)}"
