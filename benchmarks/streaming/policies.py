"""What popular bots do, written from descriptions of their behaviour; none of their code is here.

Each is for one reply: `reply.show` makes a call, and yields wait. A word is a delta.
"""

from benchmarks.streaming.replay import Acting, Policy, Reply

STEPS = ((50, 15), (200, 25), (1000, 45), (float("inf"), 90))
"""n3d1117's: where the text has so many characters, an edit comes with more than so many new ones."""


def edits_by_length(reply: Reply) -> Acting:
    """n3d1117: an edit for each 15 to 90 characters more, awaited in the token loop; a 429 is slept through there.

    What was refused counts as shown, and the final text is not sent again.
    """
    shown, more = 0, 0
    for word in range(1, reply.work.words + 1):
        yield reply.until_written(word)
        step = next(step for limit, step in STEPS if word * reply.work.characters <= limit)
        if shown and _new(reply, word, shown) <= step + more and word < reply.work.words:
            continue
        wait = reply.show("update" if shown else "send", word)
        shown = word
        more += 5 if wait else 0
        yield wait or reply.work.round_trip + 0.01


def edits_for_100_characters(reply: Reply) -> Acting:
    """father-bot: an edit for each 100 characters, in the token loop; a 429 holds up the whole bot, five more tries."""
    reply.show("send", 0)
    shown = 0
    for word in range(1, reply.work.words + 1):
        yield reply.until_written(word)
        if _new(reply, word, shown) >= 100 or word == reply.work.words:
            shown = word
            yield from _tries_of_all(reply, word)


def _tries_of_all(reply: Reply, word: int) -> Acting:
    for _ in range(6):
        while (pause := reply.shared.get("until", 0.0) - reply.now) > 0:
            yield pause
        wait = reply.show("update", word)
        yield reply.work.round_trip
        if wait <= 0:
            return
        reply.shared["until"] = reply.now + wait + 0.1


def threads_of_edits(reply: Reply) -> Acting:
    """seratch: every 20 deltas a thread of its own makes an edit, which its client repeats twice after a 429.

    The final text waits for all of them.
    """
    running = set[int]()

    def edit(words: int) -> Acting:
        yield from _tries(reply, "update", words, 3)
        running.discard(words)

    reply.show("send", 0)
    for words in range(20, reply.work.words, 20):
        yield reply.until_written(words)
        running.add(words)
        reply.start(edit(words))
    yield reply.until_end(float("inf"))
    while running:
        yield reply.work.round_trip
    yield from _tries(reply, "update", reply.work.words, 3)


def edits_after_each_other(reply: Reply) -> Acting:
    """vercel/chat where it has no better way: an edit half a second after the last one came back, whatever it said."""
    reply.show("send", 1)
    while not reply.ended():
        yield reply.until_end(reply.work.round_trip + 0.5)
        if not reply.ended():
            reply.show("update", reply.words)
    yield from _tries(reply, "update", reply.work.words, 3)


def paced_edits(reply: Reply) -> Acting:
    """vercel/chat: an edit each 1.1 s, none while a 429 lasts; the final one waits for its turn, 5 s at the most."""
    wait, last = reply.show("send", 1), reply.now
    while not reply.ended():
        yield reply.until_end(max(wait, last + 1.1 - reply.now))
        if not reply.ended():
            wait, last = reply.show("update", reply.words), reply.now
    for _ in range(2):
        pause = max(wait, last + 1.1 - reply.now)
        if pause > 5:
            return
        yield pause
        wait, last = reply.show("update", reply.work.words), reply.now
        if wait <= 0:
            return


def timed_drafts(reply: Reply) -> Acting:
    """vercel/chat: a draft every 250 ms, none while a 429 lasts, and a message at the end."""
    while not reply.ended():
        wait = reply.show("draft", reply.words)
        yield reply.until_end(max(0.25, wait))
    yield from _tries(reply, "send", reply.work.words, 2)


def buffered_stream(reply: Reply) -> Acting:
    """vercel/chat, with the stream of Slack's own library: an append for each 256 characters, the rest at the end."""
    shown = 0
    for word in range(1, reply.work.words):
        yield reply.until_written(word)
        if _new(reply, word, shown) >= 256:
            yield from _tries(reply, "append" if shown else "start", word, 3)
            shown = word
    yield reply.until_end(float("inf"))
    yield from _tries(reply, "stop", reply.work.words, 3)


def newest_text_each_second(reply: Reply) -> Acting:
    """openclaw: one edit in flight, the newest text each second; suspended for a 429, and the final text waits."""
    wait = reply.show("send", 1)
    while not reply.ended():
        yield reply.until_end(max(1.0, min(wait, 60.0)))
        if not reply.ended():
            wait = reply.show("update", reply.words)
    yield wait
    yield from _tries(reply, "update", reply.work.words, 2)


def edits_past_a_threshold(reply: Reply) -> Acting:
    """hermes: 0.8 s or 24 characters of the whole text, so an edit for each round trip; three 429s end the edits.

    What is missing then is sent at the end as a message of its own.
    """
    reply.show("send", 1)
    strikes = 0
    while not reply.ended() and strikes < 3:
        yield reply.until_end(reply.work.round_trip + 0.05)
        wait = 0.0 if reply.ended() else reply.show("update", reply.words)
        strikes = strikes + 1 if wait else 0
        if 0 < wait <= 5:
            yield wait
    yield reply.until_end(float("inf"))
    yield from _tries(reply, "send" if strikes >= 3 else "update", reply.work.words, 3)


def hammering_edits(reply: Reply) -> Acting:
    """deer-flow: an edit a second, but after a 429 the next word tries again at once.

    The final text is tried twice, and then once more as a message.
    """
    wait = reply.show("send", 1)
    while not reply.ended():
        yield reply.until_end(reply.work.round_trip if wait else 1.0)
        if not reply.ended():
            wait = reply.show("update", reply.words)
    for method in ("update", "update", "send"):
        wait = reply.show(method, reply.work.words)
        if wait <= 0:
            return
        yield wait


def _new(reply: Reply, word: int, shown: int) -> float:
    """The characters that are not shown yet."""
    return (word - shown) * reply.work.characters


def _tries(reply: Reply, method: str, words: int, tries: int) -> Acting:
    """Try so often, each time after the wait that the platform named."""
    for _ in range(tries):
        wait = reply.show(method, words)
        yield reply.work.round_trip + wait
        if wait <= 0:
            return


POLICIES: dict[str, tuple[str, Policy]] = {
    "n3d1117, edits by length": ("telegram", edits_by_length),
    "father-bot, edits by length": ("telegram", edits_for_100_characters),
    "vercel/chat, edits": ("telegram", paced_edits),
    "vercel/chat, drafts": ("telegram", timed_drafts),
    "openclaw, edits": ("telegram", newest_text_each_second),
    "hermes, edits": ("telegram", edits_past_a_threshold),
    "deer-flow, edits": ("telegram", hammering_edits),
    "seratch, edits by length": ("slack", threads_of_edits),
    "vercel/chat, edits in Slack": ("slack", edits_after_each_other),
    "vercel/chat, native streams": ("slack", buffered_stream),
    "openclaw, edits in Slack": ("slack", newest_text_each_second),
    "hermes, edits in Slack": ("slack", edits_past_a_threshold),
}
"""By name: the platform and what is done there."""
