"""The metrics of several processes are served as a sum, and the counts of a dead process are not lost."""

import prometheus_client
from hypothesis import given
from hypothesis import strategies as st

from gateway.media.interface import Figure
from gateway.media.tally import Merged, figures_of, lasting, total
from gateway.metrics import Metrics


def served(metrics: Metrics, *others: Metrics) -> dict[str, float]:
    """Return the sample lines of the served text with their values."""
    figures = total(*(figures_of(other.registry.collect()) for other in others))
    text = prometheus_client.generate_latest(Merged(metrics.registry, figures)).decode()
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    assert len({name for name, _, _ in lines}) == len(lines), "no sample twice"
    return {name: float(value) for name, _, value in lines}


def test_counters_gauges_and_histograms_are_summed_by_their_labels() -> None:
    gateway, one, other = Metrics(), Metrics(), Metrics()
    for metrics, packets in ((gateway, 1), (one, 10), (other, 100)):
        metrics.packets_out.inc(packets)
        metrics.viewers.labels("patrol").set(packets)
        metrics.relay_seconds.observe(0.001)
    one.source_fps.labels("hall", "main").set(25)
    found = served(gateway, one, other)
    assert found["sightline_packets_out_total"] == 111
    assert found['sightline_viewers{role="patrol"}'] == 111
    assert found['sightline_source_fps{camera="hall",stream="main"}'] == 25
    assert found['sightline_relay_seconds_bucket{le="0.001"}'] == 3
    assert found['sightline_relay_seconds_bucket{le="+Inf"}'] == 3
    assert found["sightline_relay_seconds_count"] == 3


def test_a_path_that_two_workers_use_is_one_path() -> None:
    gateway, one, other = Metrics(), Metrics(), Metrics()
    for metrics in (one, other):
        metrics.send_path.labels("gcm", "gso").set(1)
    assert served(gateway, one, other)['sightline_send_path{batching="gso",cipher="gcm"}'] == 1


def test_without_workers_the_metrics_are_unchanged() -> None:
    metrics = Metrics()
    metrics.malformed.labels("stun").inc()
    plain = prometheus_client.generate_latest(metrics.registry)
    samples = {line for line in plain.splitlines() if b"_created" not in line}
    merged = prometheus_client.generate_latest(Merged(metrics.registry, ()))
    assert samples == set(merged.splitlines())


def test_only_the_counters_of_a_dead_process_are_kept() -> None:
    dead = Metrics()
    dead.packets_out.inc(7)
    dead.viewers.labels("patrol").set(3)
    dead.relay_seconds.observe(0.2)
    names = {figure.name for figure in lasting(figures_of(dead.registry.collect())) if figure.value}
    relay = "sightline_relay_seconds"
    assert names == {"sightline_packets_out_total", f"{relay}_bucket", f"{relay}_sum", f"{relay}_count"}


@given(st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xy"), st.integers(0, 99)))))
def test_a_total_is_the_same_whatever_the_grouping(processes: list[list[tuple[str, str, int]]]) -> None:
    counted = [[Figure(name, {"label": label}, value) for name, label, value in process] for process in processes]
    at_once = total(*counted)
    one_by_one: tuple[Figure, ...] = ()
    for figures in counted:
        one_by_one = total(one_by_one, figures)
    assert at_once == one_by_one
    assert sum(figure.value for figure in at_once) == sum(value for p in processes for _, _, value in p)
