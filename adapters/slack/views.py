"""The modals and the Home tab, as Slack's view objects. Pure."""

from typing import Any

from adapters.slack import markup
from adapters.slack.blocks import Block, paragraph, view_blocks
from adapters.slack.inbound import write_place
from bot.engine import texts
from bot.engine.chats import ChatKey
from bot.engine.posts import Button, Post

View = dict[str, Any]

RENAME = "rename_chat"
ANSWER = "threadline_answer"
SHOW = "threadline_show"

LONGEST_TITLE = 200
TITLE_ROOM = 24
"""Characters of a modal's title and of the labels of its two buttons."""

NOTE = "threadline_note"


def rename(key: ChatKey, language: str) -> View:
    """Ask for a new title."""
    element = {"type": "plain_text_input", "action_id": "title", "max_length": LONGEST_TITLE, "focus_on_load": True}
    field: Block = {
        "type": "input",
        "block_id": "title",
        "label": _plain(texts.NEW_TITLE(language)),
        "element": element,
    }
    return {
        **_modal(texts.RENAME_CHAT(language), RENAME, key),
        "submit": _plain(texts.RENAME(language)),
        "close": _plain(texts.CANCEL(language)),
        "blocks": [field],
    }


def modal(post: Post, title: str, key: ChatKey, language: str) -> View:
    """Show a post. One that asks before something dangerous gets that as the modal's own submit button."""
    question = _question(post)
    if question is None:
        return {**_modal(title, SHOW, key), "close": _plain(texts.CLOSE(language)), "blocks": view_blocks(post)}
    buttons = {"submit": _plain(question.label), "close": _plain(texts.CANCEL(language))}
    return {**_modal(title, ANSWER, key, question.data), **buttons, "blocks": view_blocks(Post(post.text))}


def home(post: Post, key: ChatKey) -> View:
    """The Home tab."""
    return {"type": "home", "private_metadata": write_place(key), "blocks": view_blocks(post)}


def with_note(view: View, note: str) -> View:
    """The view that is open, with a sentence above what it shows."""
    kept = [block for block in view["blocks"] if block.get("block_id") != NOTE]
    told = {**paragraph(markup.escape(note)), "block_id": NOTE}
    names = ("type", "title", "submit", "close", "callback_id", "private_metadata")
    return {**{name: view[name] for name in names if view.get(name)}, "blocks": [told, *kept][:100]}


def _modal(title: str, callback_id: str, key: ChatKey, data: str = "") -> View:
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": _plain(title),
        "private_metadata": write_place(key, data),
    }


def _question(post: Post) -> Button | None:
    buttons = [button for row in post.rows for button in row]
    dangers = [button for button in buttons if button.danger]
    return dangers[0] if len(dangers) == 1 and len(post.rows) == 1 else None


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text[:TITLE_ROOM]}
