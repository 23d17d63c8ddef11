"""Who is notified by a message of the app. Pure; in doubt somebody is.

Raw control sequences count in every transport: `text`, mrkdwn, markdown blocks, `markdown_text` and streams (measured
on a real workspace: Markdown activates them too), in code as well.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

SEQUENCE = re.compile(r"<(![^<>\s|^]+(?:\^[^<>|]*)?|@[UWBS][A-Z0-9]+)(?:\|[^<>]*)?>", re.IGNORECASE)
NOTIFYING = re.compile(r"!(here|channel|everyone|group|subteam\^.*)|@.*", re.IGNORECASE)
PLAIN_WORD = re.compile(r"(?<![\w@./])@(here|channel|everyone)\b", re.IGNORECASE)
HANDLE = re.compile(r"(?<![\w@./])@([a-z0-9][a-z0-9._-]*)")
PLAIN_KINDS = ("plain_text", "raw_text")


@dataclass(frozen=True)
class Notification:
    """`who` is "!channel", "@U…" and the like; `via` the method that brought it."""

    who: str
    channel: str
    ts: str
    via: str


def notified_by(text: str) -> list[str]:
    """List whom the control sequences of one text notify."""
    return [who for who in SEQUENCE.findall(text) if NOTIFYING.fullmatch(who)]


def notified_by_names(text: str, handles: frozenset[str]) -> list[str]:
    """List whom plain words notify where `link_names` or `parse` makes mentions of them."""
    words = [f"!{word.lower()}" for word in PLAIN_WORD.findall(text)]
    return words + [f"@{handle}" for handle in HANDLE.findall(text) if handle in handles]


def live_texts(value: Any) -> Iterator[str]:
    """Go through every text in blocks or attachments in which control sequences would work."""
    if isinstance(value, dict):
        if value.get("type") in PLAIN_KINDS:
            return
        yield from _own_texts(value)
        for item in value.values():
            yield from live_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from live_texts(item)


def _own_texts(value: dict[str, Any]) -> Iterator[str]:
    kind = value.get("type")
    if kind == "user":
        yield f"<@{value.get('user_id')}>"
    elif kind == "usergroup":
        yield f"<!subteam^{value.get('usergroup_id')}>"
    elif kind == "broadcast":
        yield f"<!{value.get('range')}>"
    elif kind in ("mrkdwn", "markdown", "markdown_text", "task_update", "plan_update", None):
        names = ("text", "title", "details", "output", "fallback", "pretext", "value")
        yield from (value[name] for name in names if isinstance(value.get(name), str))
