"""The modals and the Home tab, as Slack's view objects. Pure."""

from typing import Any

from adapters.slack import markup
from adapters.slack.blocks import Block, paragraph, view_blocks
from adapters.slack.inbound import write_place
from bot.engine import texts
from bot.engine.chats import ChatKey
from bot.engine.posts import Action, Button, Post

View = dict[str, Any]

RENAME = "rename_chat"
INSTRUCTIONS = "threadline_instructions"
NEW_CHAT = "new_chat"
ANSWER = "threadline_answer"
SHOW = "threadline_show"

LONGEST_TITLE = 200
LONGEST_INPUT = 3000
"""Characters that Slack lets a person write into a field."""
TITLE_ROOM = 24
"""Characters of a modal's title and of the labels of its two buttons."""

NOTE = "threadline_note"


def rename(key: ChatKey, language: str) -> View:
    """Ask for a new title for the chat that lives there."""
    field = _field("title", texts.NEW_TITLE(language), LONGEST_TITLE)
    return _form(_modal(texts.RENAME_CHAT(language), RENAME, key), field, texts.RENAME(language), language)


def rename_chat(chat_id: int, title: str, key: ChatKey, language: str) -> View:
    """Ask for a new title for this chat, wherever it lives; the one that it has is there to be changed."""
    button = Button("", Action.RENAME, chat_id)
    field = _field("title", texts.NEW_TITLE(language), LONGEST_TITLE, title[:LONGEST_TITLE])
    return _form(_modal(texts.RENAME_CHAT(language), RENAME, key, button.data), field, texts.RENAME(language), language)


def instructions(told: str, key: ChatKey, language: str) -> View:
    """Ask what new chats shall keep to; leaving it empty is an answer, too."""
    field = _field("text", texts.WHAT_TO_KEEP_TO(language), LONGEST_INPUT, told[:LONGEST_INPUT])
    field["element"]["multiline"] = True
    window = _modal(texts.INSTRUCTIONS(language), INSTRUCTIONS, key)
    return _form(window, {**field, "optional": True}, texts.SAVE(language), language)


def new_chat(key: ChatKey, language: str) -> View:
    """Ask what a new chat is about."""
    field = _field("text", texts.NEW_QUESTION(language), LONGEST_INPUT)
    field["element"]["multiline"] = True
    return _form(_modal(texts.NEW_CHAT(language), NEW_CHAT, key), field, texts.ASK(language), language)


def modal(post: Post, title: str, key: ChatKey, language: str) -> View:
    """Show a post. One that asks before something dangerous gets that as the modal's own submit button."""
    question = _question(post)
    if question is None:
        return {**_modal(title, SHOW, key), "close": _plain(texts.CLOSE(language)), "blocks": view_blocks(post)}
    buttons = {"submit": _plain(question.label), "close": _plain(texts.CANCEL(language))}
    return {**_modal(title, ANSWER, key, question.data), **buttons, "blocks": view_blocks(Post(post.text))}


def with_note(view: View, note: str) -> View:
    """The view that is open, with a sentence above what it shows."""
    kept = [block for block in view["blocks"] if block.get("block_id") != NOTE]
    told = {**paragraph(markup.escape(note)), "block_id": NOTE}
    names = ("type", "title", "submit", "close", "callback_id", "private_metadata")
    return {**{name: view[name] for name in names if view.get(name)}, "blocks": [told, *kept][:100]}


def _form(window: View, field: Block, submit: str, language: str) -> View:
    return {**window, "submit": _plain(submit), "close": _plain(texts.CANCEL(language)), "blocks": [field]}


def _field(name: str, label: str, most: int, value: str = "") -> Block:
    element = {"type": "plain_text_input", "action_id": name, "max_length": most, "focus_on_load": True}
    filled = {**element, "initial_value": value} if value else element
    return {"type": "input", "block_id": name, "label": {"type": "plain_text", "text": label}, "element": filled}


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
