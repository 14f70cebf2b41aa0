import pytest

from gateway.incident import Origin
from gateway.incidents.threat import ids_of, threat_of
from gateway.models import IncidentKind, SiteId

WHERE = "Lincoln Middle School, Room 204"


def test_the_threat_is_a_sentence_that_a_counsel_can_use() -> None:
    origin = Origin("webhook", "Panic buttons, Lincoln Middle", "room-204", "two people with guns")
    assert threat_of(IncidentKind.REAL, WHERE, origin) == (
        "Real lockdown at Lincoln Middle School, Room 204, triggered by Panic buttons, Lincoln Middle (panic button): "
        "\u201ctwo people with guns\u201d"
    )
    assert threat_of(IncidentKind.REAL, WHERE, Origin("console", "Cora")).endswith("triggered by Cora (console)")
    assert threat_of(IncidentKind.REAL, WHERE, Origin("radio", "Cora")).endswith("triggered by Cora (radio)")


@pytest.mark.parametrize("kind", [IncidentKind.DRILL, IncidentKind.TEST])
def test_a_drill_is_never_called_a_threat(kind: IncidentKind) -> None:
    words = threat_of(kind, WHERE, Origin("console", "Cora"))
    assert words.startswith(f"{kind.value.capitalize()}, without a threat to anybody, at Lincoln Middle School")


def test_without_names_the_sentence_uses_ids() -> None:
    oak = SiteId("oak")
    assert [ids_of(oak, Origin("console", "C", *more)) for more in (("gym",), (None, "", "the pool"), ())] == [
        "oak, gym",
        "oak, the pool",
        "oak",
    ]
