"""Trouble on order, in the middle of the answers."""

from collections.abc import Callable

from benchmarks.streaming.worlds import SlackWorld, TelegramWorld, World

Order = Callable[[World], int]
"""Orders it at a world; how many refusals that makes."""


def _limited(seconds: int) -> Order:
    def order(world: World) -> int:
        if isinstance(world, SlackWorld):
            for method in ("chat.update", "chat.appendStream", "chat.postMessage"):
                world.slack.fail(method, "ratelimited", status=429, retry_after=seconds)
        elif isinstance(world, TelegramWorld):
            for method in ("sendMessageDraft", "editMessageText", "sendMessage"):
                world.telegram.fail(method, 429, retry_after=seconds)
        return 3

    return order


def _failing(world: World) -> int:
    """Server errors, before and after the call took effect."""
    for applied in (False, True):
        if isinstance(world, SlackWorld):
            for method in ("chat.update", "chat.appendStream", "chat.stopStream", "chat.postMessage"):
                world.slack.fail(method, "internal_error", status=500, applied=applied)
        elif isinstance(world, TelegramWorld):
            for method in ("sendMessageDraft", "editMessageText"):
                world.telegram.fail(method, 500, applied=applied)
            world.telegram.fail("sendMessage", 500, applied=applied)
    return 0


def _lost_answers(world: World) -> int:
    """Connections that break after the call took effect."""
    if isinstance(world, SlackWorld):
        for method in ("chat.update", "chat.appendStream", "chat.startStream", "chat.stopStream", "chat.postMessage"):
            world.slack.reset(method, applied=True)
    elif isinstance(world, TelegramWorld):
        for method in ("sendMessageDraft", "editMessageText", "sendMessage"):
            world.telegram.reset(method, applied=True)
    return 0


def _dying_stream(world: World) -> int:
    """Streams that Slack ends by itself."""
    if isinstance(world, SlackWorld):
        world.slack.fail("chat.appendStream", "message_not_in_streaming_state", times=2)
    return 0


TROUBLES: dict[str, tuple[Order, float]] = {
    "429 of 2 s": (_limited(2), 10.0),
    "429 of 30 s": (_limited(30), 60.0),
    "429 of 150 s": (_limited(150), 330.0),
    "5xx": (_failing, 60.0),
    "lost answers": (_lost_answers, 90.0),
    "a dying stream": (_dying_stream, 30.0),
}
"""By name: what is ordered, and how many seconds more the answers may take."""


class Trouble:
    """What was ordered for a run; nothing where there is no name."""

    def __init__(self, name: str, world: World) -> None:
        self.ordered_refusals, self.longest = 0, 0.0
        if name:
            order, self.longest = TROUBLES[name]
            made = order(world)
            self.ordered_refusals = made if isinstance(world, TelegramWorld) else 0
