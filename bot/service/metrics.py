"""What operators watch, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from bot.engine.turns import TurnStatus

SECONDS = (0.25, 0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120, 300)
"""Upper bounds: a person notices half a second, gives up after a minute; long answers take minutes."""


class PrometheusMeter:
    """A port `Meter` with a registry of its own, so that a process (or a test) may have several."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._turns = Counter("threadline_turns", "Turns that ended.", ["platform", "status"], registry=self._registry)
        self._turn_seconds = Histogram(
            "threadline_turn_seconds",
            "Seconds from a turn's start to its end.",
            ["platform"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self._first_text = Histogram(
            "threadline_first_text_seconds",
            "Seconds from a message being accepted to the first words standing on the platform.",
            ["platform"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self._calls = Counter(
            "threadline_calls",
            "Calls to a platform; the outcome is ok, rate_limited, unavailable, gone or refused.",
            ["platform", "method", "outcome"],
            registry=self._registry,
        )

    def turn_ended(self, platform: str, status: TurnStatus, seconds: float) -> None:
        self._turns.labels(platform, status.value).inc()
        self._turn_seconds.labels(platform).observe(seconds)

    def first_text(self, platform: str, seconds: float) -> None:
        self._first_text.labels(platform).observe(seconds)

    def call(self, platform: str, method: str, outcome: str) -> None:
        self._calls.labels(platform, method, outcome).inc()

    def render(self) -> bytes:
        """Everything in Prometheus' text format 0.0.4."""
        return generate_latest(self._registry)
