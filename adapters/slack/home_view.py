"""The Home tab as a view: a person's chats with what can be done with them, and what they prefer. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from adapters.slack import markup, views
from adapters.slack.blocks import BUTTON_PREFIX, Block, paragraph
from adapters.slack.inbound import write_place
from bot.engine import texts
from bot.engine.chat_lists import ListView, title_of
from bot.engine.chats import Chat, ChatKey, ListedChat
from bot.engine.languages import Sentence
from bot.engine.posts import Action, Button
from bot.engine.search import LONGEST_QUERY
from bot.engine.sidebar import Sidebar

View = dict[str, Any]

PAGE = 20
"""Chats on a page: two blocks each would still fit into a view's hundred."""

OPTION_LENGTH = 75
SEEN = "{date_short_pretty} {time}"
"""How Slack shows a moment to each person: today and yesterday by name, in their own time zone."""


@dataclass(frozen=True, slots=True)
class Looker:
    """Who looks: their language, and how many seconds their clock is ahead of UTC."""

    language: str
    offset: int = 0


def home(
    sidebar: Sidebar, key: ChatKey, who: Looker, now: datetime, link: Callable[[Chat], str | None], note: str = ""
) -> View:
    """The Home tab of the person whose own place is `key`, with a sentence for them where there is one to say."""
    blocks = [
        *([paragraph(markup.escape(note))] if note else []),
        _top(sidebar, who.language),
        _search(who.language),
        *_groups(sidebar.page.chats, who, now, link),
        *_turning(sidebar, who.language),
        {"type": "divider"},
        *_preferences(sidebar, who.language),
    ]
    return {"type": "home", "private_metadata": write_place(key), "blocks": blocks}


def _top(sidebar: Sidebar, language: str) -> Block:
    buttons = [(texts.NEW_CHAT(language), views.NEW_CHAT)]
    if sidebar.page.view.archived:
        buttons.append((texts.BACK(language), ListView(everywhere=True).button("").data))
    elif sidebar.page.has_archive:
        buttons.append((texts.ARCHIVED(language), ListView(everywhere=True, archived=True).button("").data))
    return _actions("top", buttons)


def _search(language: str) -> Block:
    """A field that looks through the chats when Enter is pressed."""
    element = {
        "type": "plain_text_input",
        "action_id": f"{BUTTON_PREFIX}search",
        "max_length": LONGEST_QUERY,
        "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]},
    }
    label = {"label": _plain(texts.SEARCH(language), 150), "optional": True}
    return {"type": "input", "block_id": "search", "dispatch_action": True, "element": element, **label}


def _groups(
    chats: Sequence[ListedChat], who: Looker, now: datetime, link: Callable[[Chat], str | None]
) -> Iterator[Block]:
    """The chats under the headings that they belong to; they come sorted so."""
    if not chats:
        yield paragraph(markup.escape(texts.NO_CHATS(who.language)))
    for heading, group in groupby(chats, lambda entry: _heading(entry, who, now)):
        yield {"type": "header", "text": _plain(heading(who.language), 150)}
        for entry in group:
            yield _row(entry, who.language, link(entry.chat))


def _heading(entry: ListedChat, who: Looker, now: datetime) -> Sentence:
    if entry.pinned:
        return texts.PINNED
    if entry.archived:
        return texts.ARCHIVED
    ahead = timedelta(seconds=who.offset)
    same_day = (entry.active_at.astimezone(UTC) + ahead).date() == (now.astimezone(UTC) + ahead).date()
    return texts.TODAY if same_day else texts.EARLIER


def _row(entry: ListedChat, language: str, link: str | None) -> Block:
    title = markup.escape(texts.one_line(title_of(entry.chat, language), 200))
    shown = f"*<{link}|{_unbroken(title)}>*" if link else f"*{title}*"
    moment = f"<!date^{int(entry.active_at.timestamp())}^{SEEN}|{texts.moment(entry.active_at, language)}>"
    text = f"{shown}\n{_place(entry.chat.key, language)} · {moment}"
    return {
        "type": "section",
        "block_id": f"chat:{entry.chat.id}",
        "text": {"type": "mrkdwn", "text": text},
        "accessory": _menu(entry, language, link),
    }


def _menu(entry: ListedChat, language: str, link: str | None) -> Block:
    """What can be done with a chat; Slack allows five entries, so it is put away from the list of /chats."""
    place = (texts.UNPIN, Action.UNPIN) if entry.pinned else (texts.PIN, Action.PIN)
    if entry.archived:
        place = (texts.UNARCHIVE, Action.UNARCHIVE)
    rest = ((texts.RENAME, Action.ASK_RENAME), (texts.EXPORT, Action.EXPORT), (texts.DELETE, Action.ASK_DELETE))
    wanted = (place, *rest)
    options: list[Block] = []
    if link:
        options.append(_option(texts.OPEN(language), Button("", Action.OPEN, entry.chat.id).data) | {"url": link})
    options += [_option(label(language), Button("", action, entry.chat.id).data) for label, action in wanted]
    return {"type": "overflow", "action_id": f"{BUTTON_PREFIX}chat:{entry.chat.id}", "options": options}


def _place(key: ChatKey, language: str) -> str:
    return f"<#{key.channel}>" if key.channel[:1] in ("C", "G") else markup.escape(texts.MESSAGES_TAB(language))


def _turning(sidebar: Sidebar, language: str) -> list[Block]:
    page = sidebar.page
    ways = [(texts.NEWER(language), page.newer.button("").data)] if page.newer else []
    ways += [(texts.OLDER(language), page.older.button("").data)] if page.older else []
    return [_actions("pages", ways)] if ways else []


def _preferences(sidebar: Sidebar, language: str) -> Iterator[Block]:
    """What the person's new chats begin with."""
    yield {"type": "header", "text": _plain(texts.FOR_NEW_CHATS(language), 150)}
    if len(sidebar.models) > 1:
        options = [_option(choice.label, choice.data) for choice in sidebar.models]
        yield {
            "type": "section",
            "block_id": "model",
            "text": {"type": "mrkdwn", "text": markup.escape(texts.MODEL(language))},
            "accessory": {
                "type": "static_select",
                "action_id": f"{BUTTON_PREFIX}model",
                "options": options,
                "initial_option": options[sidebar.chosen],
            },
        }
    told = sidebar.instructions or texts.NO_INSTRUCTIONS(language)
    yield {
        "type": "section",
        "block_id": "instructions",
        "text": {"type": "mrkdwn", "text": markup.escape(texts.one_line(told, 300)), "verbatim": True},
        "accessory": {
            "type": "button",
            "action_id": f"{BUTTON_PREFIX}instructions",
            "text": _plain(texts.INSTRUCTIONS(language), 75),
            "value": views.INSTRUCTIONS,
        },
    }


def _actions(block_id: str, buttons: Sequence[tuple[str, str]]) -> Block:
    """Buttons, each with what pressing it says."""
    elements = [
        {
            "type": "button",
            "action_id": f"{BUTTON_PREFIX}{block_id}:{number}",
            "text": _plain(label, 75),
            "value": value,
        }
        for number, (label, value) in enumerate(buttons)
    ]
    return {"type": "actions", "block_id": block_id, "elements": elements}


def _option(label: str, value: str) -> Block:
    return {"text": _plain(label, OPTION_LENGTH), "value": value}


def _plain(text: str, most: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": text[:most], "emoji": True}


def _unbroken(escaped: str) -> str:
    """A title as the text of a link, which a bar would end."""
    return escaped.replace("|", "¦")
