"""What a person does in Slack. A browser may send anything: each action checks what it gets."""

import json
import re
from typing import Any

from playground.page.actions import Action, Refused, Visit
from playground.page.slack_fields import problems, state_of
from playground.page.slack_places import GONE, TABS, channel_of, linked_place, message_of, names, thread_of
from playground.page.slack_typing import sent, typed
from playground.slack.places import Channel
from playground.slack.views import View

NOT_UNDERSTOOD = "The page asked for something that does not exist."
NOTHING_WRITTEN = "There is nothing to send."
CLOSED = "This window is closed already."
LONGEST_TITLE = 200
HALF = re.compile("[\ud800-\udfff]")


async def open_place(visit: Visit, channel: object, tab: object = "messages", thread: object = None) -> None:
    """Show this browser another place; the app hears of it when one of its own tabs is opened."""
    place = channel_of(visit, channel)
    shown = str(tab) if tab in TABS and place.kind == "im" else "messages"
    before = (visit.slack.get("channel"), visit.slack.get("tab"))
    visit.slack |= {"channel": place.id, "tab": shown, "thread": thread_of(place, thread), "chosen": True}
    if place.kind == "im" and before != (place.id, shown):
        opened = visit.world.slack.open_home if shown == "home" else visit.world.slack.open_messages_tab
        await opened(visit.guest.slack)


async def follow(visit: Visit, url: object) -> bool:
    """Open what a permalink leads to; False where it is no permalink."""
    place = linked_place(visit, url)
    if place is None:
        return False
    await open_place(visit, place.channel.id, place.tab, place.thread)
    return True


async def post(visit: Visit, channel: object, text: object, thread: object = None) -> None:
    """Write, or type a command. A question to the app opens its thread, where the answer comes."""
    place, words, slack = channel_of(visit, channel), _text(text).strip(), visit.world.slack
    if not words:
        raise Refused(NOTHING_WRITTEN)
    if words.startswith("/"):
        await _command(visit, place, words, thread)
        return
    written = sent(words, names(visit))
    ts = await slack.post(visit.guest.slack, place, written, _root(place, thread))
    if thread is None and (place.kind == "im" or slack.workspace.bot.mention in written):
        visit.slack |= {"channel": place.id, "tab": "messages", "thread": ts, "chosen": True}


async def _command(visit: Visit, place: Channel, words: str, thread: object) -> None:
    """Names in the text arrive as ids where the app asked for that."""
    command, _, text = words.partition(" ")
    escapes = visit.world.slack.app.escapes(command)
    shown = sent(text.strip(), names(visit)) if escapes else text.strip()
    await visit.world.slack.slash(visit.guest.slack, place, command, shown, _root(place, thread))


async def edit(visit: Visit, channel: object, ts: object, text: object) -> None:
    """Change one's own message."""
    place = channel_of(visit, channel)
    words, message = _text(text).strip(), message_of(place, ts)
    if not words:
        raise Refused("A message cannot be empty. Delete it instead.")
    if words != typed(message.text, names(visit)):
        await visit.world.slack.edit(visit.guest.slack, place, message.ts, sent(words, names(visit)))


async def delete(visit: Visit, channel: object, ts: object) -> None:
    """Delete one's own message."""
    place = channel_of(visit, channel)
    await visit.world.slack.delete_message(visit.guest.slack, place, message_of(place, ts).ts)


async def press(visit: Visit, channel: object, ts: object, action: object, value: object = None) -> None:
    """Press a button of a message, or choose in a menu; waits until the app has acknowledged it."""
    place = channel_of(visit, channel)
    await visit.world.slack.press(visit.guest.slack, place, _text(ts), _text(action), _optional(value))


async def press_in_view(visit: Visit, view: object, action: object, value: object = None) -> None:
    """The same in a modal or on the Home tab."""
    opened = _view(visit, view)
    await visit.world.slack.press_in_view(visit.guest.slack, opened["id"], _text(action), _optional(value))


async def shortcut(visit: Visit, callback: object) -> None:
    """Choose one of the app's shortcuts."""
    await visit.world.slack.global_shortcut(visit.guest.slack, _text(callback))


async def message_shortcut(visit: Visit, channel: object, ts: object, callback: object) -> None:
    """Choose a shortcut in the menu of a message."""
    place = channel_of(visit, channel)
    await visit.world.slack.message_shortcut(visit.guest.slack, place, message_of(place, ts).ts, _text(callback))


async def submit(visit: Visit, view: object, values: object = None) -> dict[str, Any]:
    """Submit the modal on top; gives the sentences under its fields, none where all is well."""
    opened = _view(visit, view)
    _text(json.dumps(values, ensure_ascii=False))
    state = state_of(opened["blocks"], values)
    wrong = problems(opened["blocks"], state)
    if wrong:
        return {"errors": wrong}
    answer = await visit.world.slack.submit(visit.guest.slack, opened["id"], state)
    errors = (answer or {}).get("errors") if (answer or {}).get("response_action") == "errors" else None
    return {"errors": errors or {}}


async def close_view(visit: Visit, view: object) -> None:
    """Close the modal on top."""
    opened = _view(visit, view)
    if visit.world.slack.views(visit.guest.slack)[-1:] != [opened]:
        raise Refused(CLOSED)
    await visit.world.slack.close_view(visit.guest.slack, opened["id"])


async def invite(visit: Visit, channel: object) -> None:
    """Bring the app into a channel."""
    place = channel_of(visit, channel)
    if not place.bot_in:
        await visit.world.slack.invite(visit.guest.slack, place)


async def rename(visit: Visit, channel: object, thread: object, title: object) -> None:
    """Rename a thread's session."""
    place, words = channel_of(visit, channel), " ".join(_text(title).split())
    if not 0 < len(words) <= LONGEST_TITLE:
        raise Refused(f"A title has 1 to {LONGEST_TITLE} characters.")
    await visit.world.slack.rename_session(visit.guest.slack, place, _text(thread), words)


async def stop(visit: Visit, channel: object, thread: object) -> None:
    """Press Slack's own Stop."""
    await visit.world.slack.press_stop(visit.guest.slack, channel_of(visit, channel), _text(thread))


def _text(value: object) -> str:
    """Take a text that can be written as UTF-8, which half a surrogate pair cannot."""
    if not isinstance(value, str) or HALF.search(value):
        raise Refused(NOT_UNDERSTOOD)
    return value


def _optional(value: object) -> str | None:
    return None if value is None else _text(value)


def _root(place: Channel, thread: object) -> str | None:
    """The root of a thread that can be written in; None stays None."""
    if thread is None:
        return None
    root = thread_of(place, thread)
    if root is None or place.messages[root].tombstone:
        raise Refused(GONE)
    return root


def _view(visit: Visit, id_: object) -> View:
    """Find a modal or the Home tab that this person has open; raises Refused."""
    slack, person = visit.world.slack, visit.guest.slack
    home = slack.home(person)
    opened = [*slack.views(person), *([home] if home else [])]
    found = next((view for view in opened if view["id"] == id_), None)
    if found is None:
        raise Refused(CLOSED)
    return found


ACTIONS: dict[str, Action] = {
    "slack.open": open_place,
    "slack.follow": follow,
    "slack.post": post,
    "slack.edit": edit,
    "slack.delete": delete,
    "slack.press": press,
    "slack.press_in_view": press_in_view,
    "slack.shortcut": shortcut,
    "slack.message_shortcut": message_shortcut,
    "slack.submit": submit,
    "slack.close_view": close_view,
    "slack.invite": invite,
    "slack.rename": rename,
    "slack.stop": stop,
}
