"""Adds up the metrics of several processes. Pure.

Figures with the same name and labels are summed. That is right for counters and histograms, for gauges that count
something, and for gauges of a camera, which only one process has. For the gauges in ``LARGEST``, which only state a
fact, the largest value is taken.
"""

from collections.abc import Iterable, Iterator

from prometheus_client import Metric
from prometheus_client.registry import Collector

from gateway.media.interface import Figure

LARGEST = frozenset({"sightline_send_path"})
_LASTING = ("_total", "_bucket", "_sum", "_count")
_SUFFIXES = ("", *_LASTING)

_Key = tuple[str, frozenset[tuple[str, str]]]


def figures_of(families: Iterable[Metric]) -> tuple[Figure, ...]:
    """Return what a registry has counted. The times at which counting began are left out."""
    samples = (sample for family in families for sample in family.samples)
    return tuple(Figure(s.name, s.labels, s.value) for s in samples if not s.name.endswith("_created"))


def total(*counted: Iterable[Figure]) -> tuple[Figure, ...]:
    """Return the sum of what several processes have counted."""
    found: dict[_Key, Figure] = {}
    for figure in (figure for figures in counted for figure in figures):
        before = found.get(_key(figure.name, figure.labels))
        value = figure.value if before is None else _both(figure.name, before.value, figure.value)
        found[_key(figure.name, figure.labels)] = Figure(figure.name, figure.labels, value)
    return tuple(found.values())


def lasting(figures: Iterable[Figure]) -> tuple[Figure, ...]:
    """Return the figures that never fall. They are kept when their process dies, since its death would otherwise look
    like a reset."""
    return tuple(figure for figure in figures if figure.name.endswith(_LASTING))


class Merged(Collector):
    """A collector that adds the ``figures`` of other processes to those of ``registry``. Unknown figures are left
    out."""

    def __init__(self, registry: Collector, figures: Iterable[Figure]) -> None:
        self._registry = registry
        self._figures: dict[str, list[Figure]] = {}
        for figure in figures:
            self._figures.setdefault(figure.name, []).append(figure)

    def collect(self) -> Iterator[Metric]:
        """Yield each family with the samples of all processes."""
        for family in self._registry.collect():
            whole = Metric(family.name, family.documentation, family.type, family.unit)
            theirs = [figure for suffix in _SUFFIXES for figure in self._figures.get(family.name + suffix, ())]
            for figure in total(figures_of([family]), theirs):
                whole.add_sample(figure.name, figure.labels, figure.value)
            yield whole


def _key(name: str, labels: dict[str, str]) -> _Key:
    return name, frozenset(labels.items())


def _both(name: str, one: float, other: float) -> float:
    return max(one, other) if name in LARGEST else one + other
