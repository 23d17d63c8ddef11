"""Whatever a bot sends, the stand-in answers in Telegram's words and does not break."""

import inspect
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from playground.telegram import TelegramStandIn
from playground.telegram.account import Account
from playground.telegram.errors import ApiError
from playground.telegram.methods import all_methods
from playground.telegram.parameters import Parameters, UploadedFile
from tests.playground.telegram_world import World, picture, telegram_world
from tests.playground.test_telegram_rich import HTML, MARKDOWN

NONSENSE: list[Any] = [
    None, True, 7, -1, 0, 1.5, 10**30, "", "nonsense", "\x00", "\ud800", "-", "@", "[", "attach://", "tg://user?id=x",
    [], {}, [7], [None], [[]], [{}], {"type": 7}, {"type": ["bold"]}, {"text": {}}, {"a": {"b": []}},
]  # fmt: skip
KEYBOARD = {"inline_keyboard": [[{"text": "Go", "callback_data": "go", "style": "danger"}]]}
ENTITIES = [
    {"type": "text_link", "offset": 0, "length": 1, "url": "https://example.com"},
    {"type": "text_mention", "offset": 1, "length": 1, "user": {"id": 5}},
    {"type": "date_time", "offset": 2, "length": 1, "unix_time": 60, "date_time_format": "r"},
    {"type": "custom_emoji", "offset": 3, "length": 1, "custom_emoji_id": "5"},
    {"type": "pre", "offset": 4, "length": 1, "language": "py"},
]
BLOCKS = [
    {"type": "heading", "size": 1, "text": [{"type": "url", "text": "x", "url": "https://example.com"}, "y"]},
    {"type": "paragraph", "text": {"type": "date_time", "text": "x", "unix_time": 1, "date_time_format": "r"}},
    {"type": "paragraph", "text": {"type": "text_mention", "text": "x", "user": {"id": 1}}},
    {"type": "list", "items": [{"blocks": [{"type": "divider"}], "has_checkbox": True, "value": 1, "type": "a"}]},
    {"type": "table", "cells": [[{"text": "x", "align": "left", "colspan": 2, "rowspan": 2}]], "caption": "x"},
    {"type": "details", "summary": "x", "blocks": [{"type": "pre", "text": "x", "language": "py"}], "is_open": True},
    {"type": "blockquote", "blocks": [{"type": "anchor", "name": "x"}], "credit": "x"},
    {"type": "collage", "blocks": [{"type": "photo", "photo": {"media": "x"}}], "caption": {"text": "x"}},
    {"type": "mathematical_expression", "expression": "x"},
    {"type": "buttons", "align": "left", "buttons": [{"text": "x", "callback_data": "x", "style": "danger"}]},
    {"type": "buttons", "buttons": [{"text": "x", "url": "https://example.com"}]},
]
MARKUP = {"parse_mode": "HTML", "reply_markup": KEYBOARD}
SENT = MARKUP | {
    "chat_id": 1, "message_thread_id": 1, "protect_content": True, "reply_parameters": {"message_id": 1, "quote": "x"},
    "reply_to_message_id": 1, "allow_sending_without_reply": True, "message_effect_id": "",
    "business_connection_id": "",
}  # fmt: skip
EDITED = MARKUP | {"chat_id": 1, "message_id": 1}
CAPTIONED = SENT | {"caption": "x", "caption_entities": ENTITIES, "show_caption_above_media": True, "has_spoiler": True}
MEDIA = {"duration": 1, "width": 1, "height": 1, "performer": "x", "title": "x"}
TOPIC = {"chat_id": 1, "message_thread_id": 1}
DRAFT = {"chat_id": 1, "draft_id": 1, "message_thread_id": 1, "can_stop": True, "keep_on_stop": True}
RICH = {
    "blocks": BLOCKS,
    "is_rtl": True,
    "skip_entity_detection": True,
    "media": [{"id": "x", "media": {"media": "x"}}],
}
COMMANDS = {"commands": [{"command": "x", "description": "x"}], "language_code": "de"}
SCOPE = {"scope": {"type": "chat_member", "chat_id": 1, "user_id": 1}}
TEXTS = {"name": "x", "description": "x", "short_description": "x", "language_code": "de"}

PARAMETERS: dict[str, dict[str, Any]] = {
    "sendMessage": SENT | {"text": "abcdef", "entities": ENTITIES, "link_preview_options": {"is_disabled": True}},
    "editMessageText": EDITED | {"text": "abcdef", "entities": ENTITIES, "rich_message": {"html": "x"}},
    "editMessageCaption": EDITED | {"caption": "x", "caption_entities": ENTITIES},
    "editMessageReplyMarkup": EDITED,
    "sendMessageDraft": DRAFT | {"text": "abcdef", "entities": ENTITIES, "parse_mode": "HTML"},
    "sendRichMessageDraft": DRAFT | {"rich_message": RICH},
    "sendRichMessage": SENT | {"rich_message": RICH},
    "sendMediaGroup": SENT | {"media": [{"type": "photo", "media": "attach://file", "caption": "x"}] * 2},
    **{
        f"send{kind.capitalize()}": CAPTIONED | MEDIA | {kind: "attach://file"}
        for kind in ("photo", "document", "audio", "voice", "video")
    },
    "copyMessage": CAPTIONED | {"from_chat_id": 1, "message_id": 1},
    "forwardMessage": SENT | {"from_chat_id": 1, "message_id": 1},
    "setMessageReaction": {"chat_id": 1, "message_id": 1, "reaction": [{"type": "emoji", "emoji": "👍"}]},
    "deleteMessages": {"chat_id": 1, "message_ids": [1, 2]},
    "answerCallbackQuery": {"callback_query_id": "x", "text": "x", "show_alert": True, "url": "https://t.me/x"},
    "getChatMember": {"chat_id": 1, "user_id": 1},
    "setChatMenuButton": {"chat_id": 1, "menu_button": {"type": "default"}},
    "setWebhook": {
        "url": "https://example.com", "secret_token": "x", "max_connections": 1, "ip_address": "x",
        "allowed_updates": ["message"], "drop_pending_updates": True,
    },
    "deleteWebhook": {"drop_pending_updates": True},
    "getUpdates": {"offset": 0, "limit": 1, "allowed_updates": ["message"]},
    "createForumTopic": TOPIC | {"name": "x", "icon_color": 0x6FB9F0, "icon_custom_emoji_id": "5"},
    "editForumTopic": TOPIC | {"name": "x", "icon_custom_emoji_id": "5"},
    **{f"{verb}MyCommands": COMMANDS | SCOPE for verb in ("set", "get", "delete")},
    **{f"{verb}My{text}": TEXTS for verb in ("set", "get") for text in ("Name", "Description", "ShortDescription")},
    **{f"{verb}ForumTopic": TOPIC for verb in ("close", "reopen", "delete")},
    "unpinAllForumTopicMessages": TOPIC,
    **{f"{verb}Message": {"chat_id": 1, "message_id": 1} for verb in ("delete",)},
    **{f"{verb}ChatMessage": {"chat_id": 1, "message_id": 1} for verb in ("pin", "unpin")},
    "sendChatAction": TOPIC | {"action": "typing"},
    "getFile": {"file_id": "x"},
    **{name: {"chat_id": 1} for name in ("getChat", "leaveChat", "getChatMenuButton")},
    **{name: {} for name in ("getMe", "getWebhookInfo", "logOut", "close")},
}  # fmt: skip


def mangled(value: Any) -> Iterator[Any]:
    """Give a value with nonsense in every place, one place at a time."""
    yield from NONSENSE
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from (value | {name: other} for other in mangled(inner))
            yield {other: content for other, content in value.items() if other != name}
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from ([*value[:place], other, *value[place + 1 :]] for other in mangled(inner))


async def call(account: Account, method: str, params: dict[str, Any]) -> None:
    """Call a method as the server does; only a refusal may come of it."""
    _, run = all_methods()[method.lower()]
    with suppress(ApiError):
        result = run(account, Parameters(params))
        if inspect.isawaitable(result):
            result = await result
        json.dumps(getattr(result, "result", result))


async def prepared(world: World, method: str) -> dict[str, Any]:
    """Make the parameters of a method true: its chat, message, topic and files are there."""
    world.telegram.flood.enabled = False
    sent = await world.send("abcdef")
    topic = await world.bot.call("createForumTopic", chat_id=world.chat.id, name="Plans")
    await world.telegram.send(world.ann, world.chat, "waits", thread=topic["message_thread_id"])
    true = {
        "chat_id": world.chat.id,
        "from_chat_id": world.chat.id,
        "message_id": sent["message_id"],
        "message_thread_id": topic["message_thread_id"],
        "user_id": world.ann.id,
    }
    params = {name: true.get(name, value) for name, value in PARAMETERS[method].items()}
    return params | {"file": UploadedFile("a.png", "image/png", picture())}


def test_every_method_is_sent_nonsense() -> None:
    assert set(PARAMETERS) == TelegramStandIn().methods


@pytest.mark.parametrize("method", PARAMETERS)
async def test_nonsense_in_any_parameter_is_refused_or_passed_over(method: str) -> None:
    async with telegram_world(topics_enabled=True) as world:
        params = await prepared(world, method)
        for name in PARAMETERS[method]:
            for value in mangled(params[name]):
                await call(world.telegram.account, method, params | {name: value})
        await call(world.telegram.account, method, params)


@pytest.mark.parametrize(("source", "text"), [("html", HTML), ("markdown", MARKDOWN)])
async def test_every_beginning_of_a_rich_message_is_shown_or_refused(source: str, text: str) -> None:
    async with telegram_world() as world:
        world.telegram.flood.enabled = False
        for end in range(len(text)):
            rich = {"rich_message": {source: text[:end]}, "chat_id": world.chat.id}
            await call(world.telegram.account, "sendRichMessage", rich)


@pytest.mark.parametrize(
    "body", [b"[1]", b'{"chat_id": {"x": []}, "text": [{}]}', b'{"text": "\\ud800"}', b"\xff", b"[" * 5000]
)
async def test_a_body_of_nonsense_is_refused(body: bytes) -> None:
    async with telegram_world() as world:
        headers = {"Content-Type": "application/json"}
        url = f"{world.bot.base}/sendMessage"
        async with world.bot.session.post(url, data=body, headers=headers) as response:
            assert (response.status, (await response.json())["ok"]) == (400, False)


@pytest.mark.parametrize("depth", [101, 5000])
async def test_structures_are_a_hundred_levels_deep_at_most(depth: int) -> None:
    async with telegram_world() as world:
        deep = "[" * depth + "]" * depth
        refusal = await world.bot.refusal("sendMessage", chat_id=world.chat.id, text="x", entities=deep)
        assert refusal in ("Bad Request: can't parse JSON object", "Bad Request: can't parse entities JSON object")
