"""What popular bots do, written from descriptions of their behaviour; none of their code is here.

Each is for one reply: `reply.show` makes a call, and yields wait. A word is a delta.
"""

from benchmarks.streaming.replay import CHARACTERS, ROUND_TRIP, Acting, Policy, Reply
from benchmarks.streaming.work import WORDS, WORDS_A_SECOND

A_WORD = 1 / WORDS_A_SECOND


def edits_by_length(reply: Reply) -> Acting:
    """n3d1117: an edit for each 15 to 90 characters more, awaited in the token loop; a 429 is slept through there.

    The final text is not sent again after a 429.
    """
    wait = reply.show("send", 1)
    shown, more = 1, 0
    while True:
        yield ROUND_TRIP if wait <= 0 else wait
        length = reply.words * CHARACTERS
        step = next(step for limit, step in ((50, 15), (200, 25), (1000, 45), (1e9, 90)) if length <= limit)
        while (reply.words - shown) * CHARACTERS <= step + more and not reply.ended:
            yield A_WORD
        ended, shown = reply.ended, reply.words
        wait = reply.show("update", shown)
        more += 5 if wait else 0
        if ended:
            return


def edits_for_100_characters(reply: Reply) -> Acting:
    """father-bot: an edit for each 100 characters; a 429 holds up the whole bot, five tries for each call."""
    reply.show("send", 1)
    shown = 1
    yield ROUND_TRIP
    while True:
        while (reply.words - shown) * CHARACTERS < 100 and not reply.ended:
            yield A_WORD
        ended, shown = reply.ended, reply.words
        for _ in range(5):
            while (pause := reply.shared.get("until", 0.0) - reply.now) > 0:
                yield pause
            wait = reply.show("update", shown)
            yield ROUND_TRIP
            if wait <= 0:
                break
            reply.shared["until"] = reply.now + wait + 0.1
        if ended:
            return


def threads_of_edits(reply: Reply) -> Acting:
    """seratch: every 20 deltas a thread of its own makes an edit, which its client repeats twice after a 429.

    The threads are not replayed side by side: an edit that waits holds up the next, as their joining does at the end.
    """
    reply.show("send", 1)
    yield ROUND_TRIP
    for words in range(20, WORDS, 20):
        yield max(0.0, words * A_WORD - reply.now)
        reply.show("update", words)
    while not reply.ended:
        yield A_WORD
    yield from _tries(reply, "update", 3)


def _tries(reply: Reply, method: str, tries: int) -> Acting:
    for _ in range(tries):
        wait = reply.show(method, reply.words)
        yield ROUND_TRIP + wait
        if wait <= 0:
            return


def timed_edits(seconds: float, tries: int) -> Policy:
    """vercel/chat's edits: each so many seconds after the one before came back; the final one with so many tries."""

    def policy(reply: Reply) -> Acting:
        reply.show("send", 1)
        yield ROUND_TRIP
        while not reply.ended:
            wait = reply.show("update", reply.words)
            yield ROUND_TRIP + max(wait, seconds)
        yield from _tries(reply, "update", tries)

    return policy


def timed_drafts(reply: Reply) -> Acting:
    """vercel/chat's drafts: one every 250 ms, and a message at the end."""
    while not reply.ended:
        wait = reply.show("draft", reply.words)
        yield max(0.25, wait)
    yield from _tries(reply, "send", 2)


def buffered_stream(reply: Reply) -> Acting:
    """The Slack SDK's stream: an append whenever 256 characters have come together, the rest with the stop."""
    shown, method = 0, "start"
    while (words := reply.words) < WORDS:
        if (words - shown) * CHARACTERS < 256:
            yield A_WORD
            continue
        shown = words
        wait = reply.show(method, shown)
        method = "append"
        yield ROUND_TRIP + wait
    yield from _tries(reply, "stop", 3)


def newest_text_each_second(reply: Reply) -> Acting:
    """openclaw: one edit in flight, the newest text a second later; suspended for a 429, the final text waits."""
    reply.show("send", 1)
    yield ROUND_TRIP + 1.0
    while (words := reply.words) < WORDS:
        wait = reply.show("update", words)
        yield ROUND_TRIP + max(1.0, min(wait, 60.0))
    yield from _tries(reply, "update", 3)


def edits_past_a_threshold(reply: Reply) -> Acting:
    """hermes: 0.8 s or 24 characters of the whole text, so an edit for each round trip; three 429s end the edits.

    What is missing then is sent at the end as a message of its own, with one more try.
    """
    reply.show("send", 1)
    strikes = 0
    while not reply.ended and strikes < 3:
        yield ROUND_TRIP + 0.05
        wait = reply.show("update", reply.words)
        strikes = strikes + 1 if wait else 0
        if 0 < wait <= 5:
            yield wait
    while not reply.ended:
        yield A_WORD
    yield from _tries(reply, "send" if strikes >= 3 else "update", 2)


def hammering_edits(reply: Reply) -> Acting:
    """deer-flow: an edit a second, but after a 429 the next word tries again at once; the final one tries twice."""
    reply.show("send", 1)
    yield ROUND_TRIP
    while not reply.ended:
        wait = reply.show("update", reply.words)
        yield ROUND_TRIP + (A_WORD if wait else 1.0)
    yield from _tries(reply, "update", 2)


POLICIES: dict[str, tuple[str, Policy]] = {
    "n3d1117, edits by length": ("telegram", edits_by_length),
    "father-bot, edits by length": ("telegram", edits_for_100_characters),
    "vercel/chat, edits": ("telegram", timed_edits(1.1, 2)),
    "vercel/chat, drafts": ("telegram", timed_drafts),
    "openclaw, edits": ("telegram", newest_text_each_second),
    "hermes, edits": ("telegram", edits_past_a_threshold),
    "deer-flow, edits": ("telegram", hammering_edits),
    "seratch, edits by length": ("slack", threads_of_edits),
    "vercel/chat, edits in Slack": ("slack", timed_edits(0.5, 3)),
    "vercel/chat, native streams": ("slack", buffered_stream),
    "openclaw, edits in Slack": ("slack", newest_text_each_second),
    "hermes, edits in Slack": ("slack", edits_past_a_threshold),
}
"""By name: the platform and what is done there."""
