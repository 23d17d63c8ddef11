"""What a person sees of Telegram."""

from typing import Any

from playground.page.actions import Visit
from playground.page.telegram_commands import has_menu_button, offered_commands
from playground.page.telegram_html import text_html
from playground.page.telegram_messages import line_of, message_part, name_of
from playground.page.telegram_places import Place, open_place, places
from playground.page.telegram_rich_html import blocks_html
from playground.telegram import Message
from playground.telegram.drafts import DraftFrame

MOST_MESSAGES = 200
TYPING_SECONDS = 5.0
"""How long a client shows a chat action, unless a message ends it earlier (Bot API, sendChatAction)."""


def telegram_part(visit: Visit) -> dict[str, Any]:
    place, thread = open_place(visit)
    return {"chats": [_entry(one) for one in places(visit).values()], "open": open_part(place, thread)}


def _entry(place: Place) -> dict[str, Any]:
    last = next((message for message in reversed(place.chat.messages.values()) if not message.service), None)
    line, moment = (_last_line(place, last), last.date) if last else ("", None)
    return {"id": place.id, "name": place.name, "line": line, "time": moment}


def _last_line(place: Place, message: Message) -> str:
    if message.sender is place.person:
        return f"You: {line_of(message)}"
    return line_of(message) if place.chat.private else f"{message.sender.first_name}: {line_of(message)}"


def open_part(place: Place, thread: int | None) -> dict[str, Any]:
    """A chat, or one topic of it: who is there, what stands there, and what may be done."""
    chat = place.chat
    return {
        "id": place.id,
        "name": place.name,
        "private": chat.private,
        "thread": thread,
        "topics": [{"id": topic.thread, "name": topic.name} for topic in place.topics] if place.has_topics else None,
        "about": about(place),
        "typing": is_typing(place, thread),
        "messages": [_with_topic(place, thread, message) for message in _standing(place, thread)],
        "drafts": drafts(place, thread),
        "started": chat.started or bool(chat.messages),
        "blocked": place.blocked,
        "bot": {"username": place.telegram.username, "standing": chat.bot_status},
        "privacy": place.telegram.account.switches.privacy_mode and not chat.admin,
        "commands": offered_commands(place),
        "menu": has_menu_button(place),
    }


def about(place: Place) -> str:
    if place.chat.private:
        return "bot"
    names = [name_of(person) for person in place.chat.members.values()]
    if place.chat.bot_status not in ("left", "kicked"):
        names.append(name_of(place.telegram.bot))
    return f"{len(names)} members: {', '.join(names)}"


def _standing(place: Place, thread: int | None) -> list[Message]:
    """The newest messages of a chat or topic, oldest first."""
    found = [message for message in place.chat.messages.values() if thread in (None, message.thread)]
    return found[-MOST_MESSAGES:]


def _with_topic(place: Place, thread: int | None, message: Message) -> dict[str, Any]:
    """The message; where all topics stand together with the name of its own."""
    shown = message_part(place, message)
    topic = place.chat.topic(message.thread) if place.has_topics and thread is None else None
    return shown | {"topic": {"id": topic.thread, "name": topic.name}} if topic else shown


def drafts(place: Place, thread: int | None) -> list[dict[str, Any]]:
    """The texts that the bot is writing here; an empty one means that it thinks."""
    everywhere = [None, *(topic.thread for topic in place.topics)]
    frames = (place.telegram.draft(place.chat, one) for one in (everywhere if thread is None else [thread]))
    return [
        {"thread": frame.thread, "html": _draft_html(frame), "stop": frame.can_stop}
        for frame in frames
        if frame is not None
    ]


def _draft_html(frame: DraftFrame) -> str:
    return blocks_html(frame.rich_message["blocks"]) if frame.rich_message else text_html(frame.text, frame.entities)


def is_typing(place: Place, thread: int | None) -> bool:
    """Whether the bot said within five seconds that it types here, and has posted nothing since."""
    account = place.telegram.account
    now = account.now()
    for call in reversed(account.calls):
        if call.time < now - TYPING_SECONDS:
            return False
        if call.chat_id != place.chat.id or call.status != 200 or thread not in (None, _thread(call.params)):
            continue
        if call.method in ("sendMessage", "sendRichMessage"):
            return False
        if call.method == "sendChatAction":
            return str(call.params.get("action", "")).lower() == "typing"
    return False


def _thread(params: dict[str, Any]) -> int | None:
    given = str(params.get("message_thread_id") or "")
    return int(given) if given.isdigit() else None
