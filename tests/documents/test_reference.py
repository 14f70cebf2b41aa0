"""Every metric, setting and route is documented, and everything that is documented exists."""

import re
from collections.abc import Iterator
from typing import get_args

from prometheus_client import Metric
from prometheus_client.metrics import MetricWrapperBase
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gateway.audit.kinds import Kind
from gateway.configuration.settings import Settings
from gateway.metrics import Metrics
from rig.example import ROOT
from tests.in_process import House, house

__all__ = ["house"]


def first_cells(document: str) -> set[str]:
    """Return the names in the first column of a document's tables."""
    rows = re.findall(r"^\| `([^`]+)` \|", (ROOT / "docs" / document).read_text(), re.MULTILINE)
    assert len(rows) == len(set(rows)), "documented twice"
    return set(rows)


def models_in(annotation: object) -> Iterator[tuple[type[BaseModel], bool]]:
    """Yield the models in an annotation, each with True if it is an entry of a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, False
    for argument in get_args(annotation):
        for model, entry in models_in(argument):
            yield model, entry or annotation.__class__.__name__ == "GenericAlias"


def settings_keys(model: type[BaseModel] = Settings, prefix: str = "") -> dict[str, FieldInfo]:
    """Return every key as docs/settings.md writes it. A section that is not a list has no row of its own."""
    found = {}
    for name, field in model.model_fields.items():
        key, inner = prefix + name, list(models_in(field.annotation))
        if not inner or inner[0][1] or field.is_required() or field.default is None:
            found[key] = field
        for one, entry in inner:
            found |= settings_keys(one, f"{key}[]." if entry else f"{key}.")
    return found


def test_every_setting_is_documented() -> None:
    assert first_cells("settings.md") == set(settings_keys())


def test_every_metric_is_documented_with_its_labels() -> None:
    suffix, metrics = {"counter": "_total"}, dict[str, tuple[Metric, MetricWrapperBase]]()
    for name, metric in vars(Metrics()).items():
        if isinstance(metric, MetricWrapperBase):
            [described] = metric.describe()
            metrics[f"sightline_{name}{suffix.get(described.type, '')}"] = described, metric
    assert len(metrics) > 20
    assert first_cells("metrics.md") == set(metrics)
    text = (ROOT / "docs" / "metrics.md").read_text()
    for name, (described, metric) in metrics.items():
        [line] = [line for line in text.splitlines() if line.startswith(f"| `{name}` ")]
        _, kind, cell, words = [cell.strip() for cell in line.strip("|").split("|")]
        assert (kind, words) == (described.type, described.documentation)
        if labels := re.findall(r"`(\w+)`", cell):
            metric.labels(**dict.fromkeys(labels, "any"))  # raises ValueError if the metric has other labels
        else:
            assert [family for family in metric.collect() if family.samples], f"{name} has labels"


def test_every_place_whose_failures_are_counted_is_documented() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "gateway").rglob("*.py"))
    counted = re.findall(r'task_failures\.labels\((?:task=)?"([^"]+)"\)', sources)
    listeners = re.findall(r'\bListeners(?:\[[^=]*\])? ?=? ?(?:Listeners)?\("([^"]+)"', sources)
    text = (ROOT / "docs" / "metrics.md").read_text()
    documented = [
        name
        for line in text[text.index("- `task_failures`") :].split("\n\n")[0].splitlines()[1:]
        for name in re.findall(r"`([^`]+)`", line.partition(":")[0])
    ]
    assert len(listeners) >= 16
    assert sorted(documented) == sorted({*counted, *listeners})


def test_every_kind_of_record_is_documented() -> None:
    assert first_cells("record.md") == set(Kind)


async def test_every_route_is_documented_and_every_documented_route_exists(house: House) -> None:
    protocol = (ROOT / "docs" / "protocol.md").read_text()
    routes = {(route.method, route.resource.canonical) for route in house.app.router.routes() if route.resource}
    exist = {(method, path.replace("/whep/sessions/{secret}", "{Location}")) for method, path in routes}
    for method, path in exist:
        if method != "HEAD" and path not in {"/", "/assets/{name}"}:
            assert re.search(rf"`(\S+, )*{method} [^|]*{re.escape(path)}[`?/ ]", protocol), (method, path)
    documented = set(re.findall(r"`(GET|POST|DELETE|PATCH) ([^`?]+)[`?]", protocol))
    assert len(documented) >= 20
    assert documented <= exist


async def test_every_metric_is_served_and_no_label_names_a_person_or_a_session(house: House) -> None:
    await house.lock_down()
    patrol = await house.sign_in("patrol")
    session, location = await patrol.watch("lincoln-lobby")
    house.plane.connected(session)
    house.plane.first_packet(session)
    channel = await patrol.events()
    await channel.resume()
    await channel.say({"type": "glass", "ages": [{"session": session, "state": "live", "age": 0.3}]})
    await channel.up_to_now()
    await patrol.offer("no-such-camera", await patrol.token())
    await (await house.stranger()).request("POST", "/hooks/lincoln-panic", data=b"", headers={"webhook-id": "x"})

    answer = await patrol.get("/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    text = answer.body.decode()
    for name in first_cells("metrics.md"):
        assert f"# TYPE {name}" in text, name
    samples = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for telling in ("pat", "Pat", session, location.rpartition("/")[2], "127.0.0.1", "eyJ", "no-such-camera"):
        assert not re.search(rf'"[^"]*{re.escape(telling)}[^"]*"', samples.replace('"patrol"', "")), telling


def test_every_test_named_for_a_requirement_of_whep_exists() -> None:
    named = re.findall(r"`(tests/[^`]+\.py)::(\w+)`", (ROOT / "docs" / "whep.md").read_text())
    assert len(named) > 25
    assert not [name for path, name in named if f"def {name}(" not in (ROOT / path).read_text()]


def test_every_line_of_wheps_draft_has_a_row_with_a_test_or_a_reason() -> None:
    text = (ROOT / "docs" / "whep.md").read_text()
    rows = re.findall(r"^\| (\d+) \| [\d.]+ \| [^|]+ \| ([^|]+) \|$", text, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 55))
    reasons = ("The player's.", "Does not apply:", "Departs")
    assert not [number for number, shown in rows if "`tests/" not in shown and not shown.startswith(reasons)]
