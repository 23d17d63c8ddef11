"""What Prometheus reads."""

from prometheus_client.parser import text_string_to_metric_families

from bot.engine.ports import Meter
from bot.engine.turns import TurnStatus
from bot.service.metrics import PrometheusMeter


def samples(meter: PrometheusMeter) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels, in the order of the labels' names."""
    families = text_string_to_metric_families(meter.render().decode())
    found = [sample for family in families for sample in family.samples]
    return {(sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value for sample in found}


def test_turns_are_counted_by_platform_and_status() -> None:
    meter = PrometheusMeter()
    port: Meter = meter
    port.turn_ended("slack", TurnStatus.DONE, 2.0)
    port.turn_ended("slack", TurnStatus.DONE, 4.0)
    port.turn_ended("telegram", TurnStatus.FAILED, 1.0)
    found = samples(meter)
    assert found["threadline_turns_total", "slack", "done"] == 2
    assert found["threadline_turns_total", "telegram", "failed"] == 1
    assert found["threadline_turn_seconds_sum", "slack"] == 6


def test_the_seconds_to_the_first_text_are_a_histogram() -> None:
    meter = PrometheusMeter()
    meter.first_text("telegram", 0.4)
    meter.first_text("telegram", 40)
    found = samples(meter)
    assert found["threadline_first_text_seconds_bucket", "0.5", "telegram"] == 1
    assert found["threadline_first_text_seconds_bucket", "60.0", "telegram"] == 2


def test_calls_are_counted_by_method_and_outcome() -> None:
    meter = PrometheusMeter()
    meter.call("slack", "edit", "ok")
    meter.call("slack", "edit", "rate_limited")
    found = samples(meter)
    assert found["threadline_calls_total", "edit", "rate_limited", "slack"] == 1


def test_two_meters_do_not_share_their_counts() -> None:
    PrometheusMeter().call("slack", "edit", "ok")
    assert not any(name == "threadline_calls_total" for name, *_ in samples(PrometheusMeter()))
