"""Trouble on order, in the middle of the answers."""

from collections.abc import Callable

from benchmarks.streaming.worlds import SlackWorld, TelegramWorld, World

IN_SLACK = ("chat.postMessage", "chat.update", "chat.startStream", "chat.appendStream", "chat.stopStream")
IN_TELEGRAM = ("sendMessage", "editMessageText", "sendMessageDraft")


def limited(seconds: int) -> Callable[[World], None]:
    """The next call of each method draws a 429 with so many seconds to wait."""

    def order(world: World) -> None:
        if isinstance(world, SlackWorld):
            for method in IN_SLACK:
                world.slack.fail(method, "ratelimited", status=429, retry_after=seconds)
        elif isinstance(world, TelegramWorld):
            for method in IN_TELEGRAM:
                world.telegram.fail(method, 429, retry_after=seconds)

    return order


def server_errors(world: World) -> None:
    """Two calls of each method end in a server's error, the second after it took effect."""
    for applied in (False, True):
        if isinstance(world, SlackWorld):
            for method in IN_SLACK:
                world.slack.fail(method, "internal_error", status=500, applied=applied)
        elif isinstance(world, TelegramWorld):
            for method in IN_TELEGRAM:
                world.telegram.fail(method, 500, applied=applied)


def lost_answers(world: World) -> None:
    """The connection of one call of each method breaks after it took effect."""
    if isinstance(world, SlackWorld):
        for method in IN_SLACK:
            world.slack.reset(method, applied=True)
    elif isinstance(world, TelegramWorld):
        for method in IN_TELEGRAM:
            world.telegram.reset(method, applied=True)


def dying_streams(world: World) -> None:
    """Two streams are ended by Slack itself."""
    if isinstance(world, SlackWorld):
        world.slack.fail("chat.appendStream", "message_not_in_streaming_state", times=2)


TROUBLES: dict[str, tuple[Callable[[World], None], float]] = {
    "429 of 2 s": (limited(2), 10.0),
    "429 of 30 s": (limited(30), 90.0),
    "429 of 150 s": (limited(150), 480.0),
    "5xx": (server_errors, 60.0),
    "lost answers": (lost_answers, 60.0),
    "dying streams": (dying_streams, 30.0),
}
"""By name: what is ordered, and how many seconds more the answers may take."""


class Trouble:
    """What was ordered for a run; nothing where there is no name."""

    def __init__(self, name: str, world: World) -> None:
        self.longest = 0.0
        if name:
            order, self.longest = TROUBLES[name]
            order(world)
