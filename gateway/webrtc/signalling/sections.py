"""Splits SDP into its session-level part and its media sections (RFC 8866). Pure."""

import re
from dataclasses import dataclass, field

from gateway.errors import BadRequest

LARGEST_SDP = 64 * 1024
MOST_SECTIONS = 64
_LINE = re.compile(r"([a-z])=(.*)")
_MEDIA = re.compile(r"(audio|video|text|application|message|image) (\d+)(?:/\d+)? (\S+)((?: \S+)+)")
_TOKEN = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Section:
    """Holds one media description. ``attributes`` holds (name, value) in order, without session-level attributes."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    attributes: list[tuple[str, str]] = field(default_factory=list)

    def values(self, name: str) -> list[str]:
        """Return all values of an attribute, in order."""
        return [value for key, value in self.attributes if key == name]

    def first(self, name: str) -> str | None:
        """Return the first value of an attribute, or None."""
        return next(iter(self.values(name)), None)


def sections_of(text: str, what: str) -> tuple[Section, list[Section]]:
    """Return the session-level part, as a section of no kind, and the media sections of an offer or another piece of
    SDP.

    Raises BadRequest. ``what`` names the piece in its code and sentence.
    """

    def malformed(sentence: str) -> BadRequest:
        return BadRequest(f"{what}_malformed", sentence)

    if len(text) > LARGEST_SDP:
        raise BadRequest(f"{what}_too_large", f"The {what} is longer than {LARGEST_SDP} characters.")
    common = Section("", 0, "", ())
    sections: list[Section] = []
    for number, line in enumerate(text.replace("\r\n", "\n").rstrip("\n").split("\n"), start=1):
        match = _LINE.fullmatch(line.rstrip(" "))
        if match is None or not line.isprintable():
            raise malformed(f"Line {number} of the {what} is not an SDP line (letter=value).")
        letter, value = match.groups()
        if letter == "m":
            media = _MEDIA.fullmatch(value)
            if media is None or int(media[2][:6]) > 65535:
                raise malformed(f"Line {number} of the {what} is not a media description (m=).")
            if len(sections) >= MOST_SECTIONS:
                raise malformed(f"The {what} has more than {MOST_SECTIONS} media descriptions.")
            sections.append(Section(media[1], int(media[2]), media[3], tuple(media[4].split())))
        elif letter == "a":
            name, _, content = value.partition(":")
            (sections[-1] if sections else common).attributes.append((name, content))
    for section in sections:
        mid = section.first("mid")
        if mid is not None and not _TOKEN.fullmatch(mid):
            raise malformed(f"An a=mid of the {what} is not a token.")
    return common, sections
