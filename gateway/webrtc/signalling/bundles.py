"""Finds the sections of an offer that share a transport (RFC 9143), and the attributes of that transport. Pure."""

from collections.abc import Sequence

from gateway.webrtc.signalling.sections import Section


class Bundles:
    """Knows the bundles of one offer."""

    def __init__(self, common: Section, sections: Sequence[Section]) -> None:
        self._common = common
        self._sections = sections
        self._by_mid = {section.first("mid"): section for section in reversed(sections)}
        groups = (group.split() for group in common.values("group"))
        self._bundles = [mids for kind, *mids in filter(None, groups) if kind == "BUNDLE"]

    def of(self, section: Section) -> list[str]:
        """Return the mids of the bundle that a section is in, or an empty list."""
        return next((mids for mids in self._bundles if section.first("mid") in mids), [])

    def offers(self, section: Section) -> bool:
        """Return True if a section is offered: it has a port of its own or that of its bundle (RFC 9143 6)."""
        return section.port > 0 or (section.first("bundle-only") is not None and bool(self.of(section)))

    def lender(self, section: Section) -> int | None:
        """Return the index of the section whose port this section shares, or None.

        It is the first section of the bundle, if it has a port and the same protocol.
        """
        first = self._first(section)
        lends = first is not section and first.port > 0 and first.protocol == section.protocol
        return next(place for place, one in enumerate(self._sections) if one is first) if lends else None

    def transport(self, section: Section, name: str) -> list[str]:
        """Return all values of a transport attribute. If the section lacks it, the first section of its bundle (RFC
        9143 7.1.3) or the whole offer supplies it."""
        return section.values(name) or self._first(section).values(name) or self._common.values(name)

    def _first(self, section: Section) -> Section:
        return next((self._by_mid[mid] for mid in self.of(section) if mid in self._by_mid), section)
