"""aiogram, the typed client that knows the newest Bot API, reads everything that the stand-in says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from aiogram import Bot, methods
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    InputRichMessage,
    MediaUnion,
    MenuButtonDefault,
    ReactionTypeEmoji,
    ReplyParameters,
    TelegramObject,
    Update,
)
from aiohttp import web

from playground.telegram import Chat, TelegramStandIn
from tests.playground.aiogram_bot import aiogram_bot
from tests.playground.telegram_world import World, picture, telegram_world
from tests.playground.test_telegram_rich import HTML, MARKDOWN

EVERYTHING = {"can_manage_topics", "can_delete_messages", "can_pin_messages"}
KEYBOARD = InlineKeyboardMarkup(
    inline_keyboard=[[InlineKeyboardButton(text="Go", callback_data="go", style="success")]]
)


MORE = """
<details open><summary>Why</summary>So</details><blockquote>q<cite>Ann</cite></blockquote><aside>p</aside>
<blockquote collapsed>long</blockquote><footer>end</footer><a name="top"></a><a href="#top">up</a>
<tg-emoji emoji-id="5">👍</tg-emoji><tg-time unix="60" format="t">soon</tg-time><a href="mailto:a@b.co">mail</a>
<tg-reference name="n">Note</tg-reference> @ann_lee #tag $USD /start +12345678901 <mark>m</mark><sub>s</sub>
<tg-button-row><tg-button type="callback_data" data="go">Go</tg-button></tg-button-row>
"""


@dataclass
class Scene:
    """A world with topics, a forum where the bot is an administrator, and one message of hers and of the bot's."""

    world: World
    bot: Bot
    forum: Chat
    hers: int
    own: int
    topic: int

    @property
    def telegram(self) -> TelegramStandIn:
        return self.world.telegram

    @property
    def chat(self) -> int:
        return self.world.chat.id

    async def updates(self) -> list[Update]:
        """Fetch what waits; asking again takes five seconds, as nobody shall ask in haste."""
        await self.world.clock.advance(5)
        return await self.bot.get_updates(timeout=0, request_timeout=10)


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    async with telegram_world(topics_enabled=True) as world, aiogram_bot(world.telegram) as bot:
        forum = world.telegram.add_group("Team", [world.ann], forum=True, bot_rights=EVERYTHING)
        hers = await world.telegram.send(world.ann, world.chat, "hello")
        await world.drain()
        own = (await world.send("mine"))["message_id"]
        topic = (await world.bot.call("createForumTopic", chat_id=forum.id, name="Plans"))["message_thread_id"]
        yield Scene(world, bot, forum, hers, own, topic)


def file(data: bytes = b"OggS", name: str = "a.bin") -> BufferedInputFile:
    return BufferedInputFile(data, name)


async def answered_press(scene: Scene) -> Any:
    press = asyncio.create_task(scene.telegram.press_data(scene.world.ann, scene.world.chat, scene.own, "go"))
    [update] = await scene.updates()
    assert update.callback_query is not None
    answer = await scene.bot.answer_callback_query(update.callback_query.id, text="done", show_alert=True)
    toast = await press
    assert toast is not None
    assert (toast.text, toast.alert) == ("done", True)
    return answer


async def found_file(scene: Scene) -> Any:
    sent = await scene.bot.send_document(scene.chat, file(b"hello"))
    assert sent.document is not None
    found = await scene.bot.get_file(sent.document.file_id)
    downloaded = await scene.bot.download_file(found.file_path or "")
    assert downloaded is not None
    assert downloaded.read() == b"hello"
    return found


@asynccontextmanager
async def server() -> AsyncIterator[str]:
    runner = web.AppRunner(web.Application(), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    finally:
        await runner.cleanup()


async def set_webhook(scene: Scene) -> Any:
    async with server() as url:
        answer = await scene.bot.set_webhook(url, secret_token="s3cret", drop_pending_updates=True)
        info = await scene.bot.get_webhook_info()
        assert (info.url, info.pending_update_count) == (url, 0)
        await scene.bot.delete_webhook()
        return answer


async def unpinned(scene: Scene) -> Any:
    await scene.bot.pin_chat_message(scene.chat, scene.own)
    return await scene.bot.unpin_chat_message(scene.chat, message_id=scene.own)


async def reopened(scene: Scene) -> Any:
    await scene.bot.close_forum_topic(scene.forum.id, scene.topic)
    return await scene.bot.reopen_forum_topic(scene.forum.id, scene.topic)


async def stopped_draft(scene: Scene) -> Any:
    return await scene.bot.send_message_draft(scene.chat, draft_id=7, text="wri", can_stop=True)


Call = Callable[[Scene], Awaitable[Any]]
Look = Callable[[Any], object]
CALLS: dict[str, tuple[Call, Look]] = {
    "getMe": (lambda s: s.bot.get_me(), lambda me: (me.is_bot, me.has_topics_enabled) == (True, True)),
    "logOut": (lambda s: s.bot.log_out(), bool),
    "close": (lambda s: s.bot.close(), bool),
    "getUpdates": (lambda s: s.updates(), lambda updates: updates == []),
    "setWebhook": (set_webhook, bool),
    "deleteWebhook": (lambda s: s.bot.delete_webhook(), bool),
    "getWebhookInfo": (lambda s: s.bot.get_webhook_info(), lambda info: info.url == ""),
    "sendMessage": (
        lambda s: s.bot.send_message(
            s.chat, "<b>hi</b>", parse_mode="HTML", reply_parameters=ReplyParameters(message_id=s.hers)
        ),
        lambda m: (m.text, m.entities[0].type, m.reply_to_message.text) == ("hi", "bold", "hello"),
    ),
    "sendPhoto": (
        lambda s: s.bot.send_photo(s.chat, file(picture()), caption="see", has_spoiler=True),
        lambda m: (m.photo[-1].width, m.caption, m.has_media_spoiler) == (1000, "see", True),
    ),
    "sendDocument": (
        lambda s: s.bot.send_document(s.chat, file(name="a.txt")),
        lambda m: m.document.file_name == "a.txt",
    ),
    "sendAudio": (
        lambda s: s.bot.send_audio(s.chat, file(), performer="Ann", title="Song", duration=9),
        lambda m: (m.audio.performer, m.audio.duration) == ("Ann", 9),
    ),
    "sendVoice": (lambda s: s.bot.send_voice(s.chat, file(), duration=9), lambda m: m.voice.duration == 9),
    "sendVideo": (lambda s: s.bot.send_video(s.chat, file(), width=8, height=4), lambda m: m.video.width == 8),
    "sendMediaGroup": (
        lambda s: s.bot.send_media_group(
            s.chat, [InputMediaPhoto(media=file(picture())), InputMediaPhoto(media=file(picture()))]
        ),
        lambda album: len({message.media_group_id for message in album}) == 1,
    ),
    "copyMessage": (lambda s: s.bot.copy_message(s.chat, s.chat, s.hers), lambda copy: copy.message_id > 0),
    "forwardMessage": (
        lambda s: s.bot.forward_message(s.chat, s.chat, s.hers),
        lambda m: m.forward_origin.sender_user.first_name == "Ann",
    ),
    "sendRichMessage": (
        lambda s: s.bot.send_rich_message(s.chat, InputRichMessage(markdown=MARKDOWN)),
        lambda m: (m.text, [block.type for block in m.rich_message.blocks][:2]) == (None, ["heading", "paragraph"]),
    ),
    "sendRichMessageDraft": (
        lambda s: s.bot.send_rich_message_draft(
            s.chat, draft_id=7, rich_message=InputRichMessage(html="<tg-thinking>Hm</tg-thinking>")
        ),
        bool,
    ),
    "sendMessageDraft": (stopped_draft, bool),
    "sendChatAction": (lambda s: s.bot.send_chat_action(s.chat, "typing"), bool),
    "editMessageText": (
        lambda s: s.bot.edit_message_text("new", chat_id=s.chat, message_id=s.own, reply_markup=KEYBOARD),
        lambda m: (m.text, m.reply_markup.inline_keyboard[0][0].style) == ("new", "success"),
    ),
    "editMessageReplyMarkup": (
        lambda s: s.bot.edit_message_reply_markup(chat_id=s.chat, message_id=s.own, reply_markup=KEYBOARD),
        lambda m: m.reply_markup.inline_keyboard[0][0].callback_data == "go",
    ),
    "editMessageCaption": (
        lambda s: edited_caption(s),
        lambda m: m.caption == "new",
    ),
    "deleteMessage": (lambda s: s.bot.delete_message(s.chat, s.own), bool),
    "deleteMessages": (lambda s: s.bot.delete_messages(s.chat, [s.own]), bool),
    "setMessageReaction": (
        lambda s: s.bot.set_message_reaction(s.chat, s.hers, [ReactionTypeEmoji(emoji="👀")]),
        bool,
    ),
    "pinChatMessage": (lambda s: s.bot.pin_chat_message(s.chat, s.own), bool),
    "unpinChatMessage": (unpinned, bool),
    "answerCallbackQuery": (answered_press, bool),
    "getFile": (found_file, lambda found: found.file_size == 5),
    "getChat": (lambda s: s.bot.get_chat(s.forum.id), lambda chat: (chat.title, chat.is_forum) == ("Team", True)),
    "getChatMember": (
        lambda s: s.bot.get_chat_member(s.forum.id, s.telegram.bot_id),
        lambda member: (member.status, member.can_manage_topics) == ("administrator", True),
    ),
    "leaveChat": (lambda s: s.bot.leave_chat(s.forum.id), bool),
    "setMyCommands": (lambda s: s.bot.set_my_commands([BotCommand(command="new", description="A new chat")]), bool),
    "getMyCommands": (lambda s: s.bot.get_my_commands(), lambda commands: commands == []),
    "deleteMyCommands": (lambda s: s.bot.delete_my_commands(), bool),
    "setChatMenuButton": (lambda s: s.bot.set_chat_menu_button(menu_button=MenuButtonDefault()), bool),
    "getChatMenuButton": (lambda s: s.bot.get_chat_menu_button(), lambda button: button.type == "commands"),
    "setMyName": (lambda s: s.bot.set_my_name("Bot"), bool),
    "getMyName": (lambda s: s.bot.get_my_name(), lambda name: name.name == ""),
    "setMyDescription": (lambda s: s.bot.set_my_description("Helps"), bool),
    "getMyDescription": (lambda s: s.bot.get_my_description(), lambda text: text.description == ""),
    "setMyShortDescription": (lambda s: s.bot.set_my_short_description("Helps"), bool),
    "getMyShortDescription": (
        lambda s: s.bot.get_my_short_description(),
        lambda text: text.short_description == "",
    ),
    "createForumTopic": (
        lambda s: s.bot.create_forum_topic(s.chat, "Cakes", icon_color=0xFFD67E),
        lambda topic: (topic.name, topic.icon_color) == ("Cakes", 0xFFD67E),
    ),
    "editForumTopic": (lambda s: s.bot.edit_forum_topic(s.forum.id, s.topic, name="Cakes"), bool),
    "closeForumTopic": (lambda s: s.bot.close_forum_topic(s.forum.id, s.topic), bool),
    "reopenForumTopic": (reopened, bool),
    "deleteForumTopic": (lambda s: s.bot.delete_forum_topic(s.forum.id, s.topic), bool),
    "unpinAllForumTopicMessages": (
        lambda s: s.bot.unpin_all_forum_topic_messages(s.forum.id, s.topic),
        bool,
    ),
}


async def edited_caption(scene: Scene) -> Any:
    sent = await scene.bot.send_photo(scene.chat, file(picture()), caption="old")
    return await scene.bot.edit_message_caption(chat_id=scene.chat, message_id=sent.message_id, caption="new")


def unknown_fields(value: Any) -> Iterator[str]:
    """Name every field in an answer that aiogram does not know."""
    if isinstance(value, list):
        for one in value:
            yield from unknown_fields(one)
    elif isinstance(value, TelegramObject):
        yield from (f"{type(value).__name__}.{name}" for name in value.model_extra or {})
        for name in type(value).model_fields:
            yield from unknown_fields(getattr(value, name))


def test_every_method_that_aiogram_has_is_called() -> None:
    known = {
        getattr(methods, name).__api_method__
        for name in methods.__all__
        if hasattr(getattr(methods, name), "__api_method__")
    }
    assert set(CALLS) == TelegramStandIn().methods & known


@pytest.mark.parametrize("method", CALLS)
async def test_aiogram_calls_every_method_and_reads_the_answer(method: str) -> None:
    call, look = CALLS[method]
    async with scene() as parts:
        answer = await call(parts)
        assert look(answer), answer
        assert list(unknown_fields(answer)) == []
        assert parts.telegram.calls_of(method)


@pytest.mark.parametrize("rich", [InputRichMessage(markdown=MARKDOWN), InputRichMessage(html=HTML + MORE)])
async def test_aiogram_reads_every_block_of_a_rich_message(rich: InputRichMessage) -> None:
    async with scene() as parts:
        sent = await parts.bot.send_rich_message(parts.chat, rich)
        assert sent.rich_message is not None
        kinds = [block.type for block in sent.rich_message.blocks]
        usual = ["heading", "paragraph", "list", "list", "table", "pre", "mathematical_expression", "divider"]
        assert kinds[: len(usual)] == usual
        assert list(unknown_fields(sent)) == []


async def a_message(s: Scene) -> None:
    await s.telegram.send(s.world.ann, s.world.chat, "see example.com", reply_to=s.own)


async def an_edited_message(s: Scene) -> None:
    await s.telegram.edit(s.world.ann, s.world.chat, s.hers, "changed")


async def a_photo(s: Scene) -> None:
    await s.telegram.send_file(s.world.ann, s.world.chat, "photo", picture(), caption="look", media_group_id="5")


async def a_voice_message(s: Scene) -> None:
    await s.telegram.send_file(s.world.ann, s.world.chat, "voice", b"OggS")


async def a_press(s: Scene) -> None:
    pressing = asyncio.create_task(s.telegram.press_data(s.world.ann, s.world.chat, s.own, "go"))
    await s.telegram.wait_for(lambda: s.telegram.pending_updates)
    await s.world.bot.call(
        "answerCallbackQuery", callback_query_id=s.telegram.pending_updates[0]["callback_query"]["id"]
    )
    await pressing


async def a_press_under_a_message_that_is_gone(s: Scene) -> None:
    await s.telegram.delete_message(s.world.chat, s.own)
    await a_press(s)


async def a_stop(s: Scene) -> None:
    await stopped_draft(s)
    await s.telegram.press_stop(s.world.ann, s.world.chat)


async def a_reaction(s: Scene) -> None:
    s.telegram.account.queue.allow(["message_reaction"])
    await s.telegram.react(s.world.ann, s.world.chat, s.own, "👍")


async def a_block(s: Scene) -> None:
    await s.telegram.block(s.world.ann)


async def an_invitation(s: Scene) -> None:
    group = s.telegram.add_group("New", [s.world.ann], bot_in=False)
    await s.telegram.add_bot(s.world.ann, group, {"can_pin_messages"})


async def a_topic(s: Scene) -> None:
    thread = await s.telegram.create_topic(s.world.ann, s.forum, "Cakes")
    await s.telegram.send(s.world.ann, s.forum, "in it", thread=thread)
    await s.telegram.rename_topic(s.world.ann, s.forum, thread, "Pies")
    await s.telegram.close_topic(s.world.ann, s.forum, thread)


async def an_album(s: Scene) -> None:
    await s.telegram.send_album(s.world.ann, s.world.chat, [("photo", picture()), ("video", b"mp4")], "both")


async def a_forwarded_message(s: Scene) -> None:
    await s.telegram.forward(s.world.ann, s.world.chat, s.world.chat, s.own)


async def a_return(s: Scene) -> None:
    await s.telegram.block(s.world.ann)
    await s.telegram.unblock(s.world.ann)


async def a_career(s: Scene) -> None:
    await s.telegram.promote_bot(s.world.ann, s.forum, {"can_pin_messages"})
    await s.telegram.remove_bot(s.world.ann, s.forum)


async def an_upgrade(s: Scene) -> None:
    await s.telegram.upgrade_group(s.world.ann, s.telegram.add_group("Old", [s.world.ann], basic=True))


UPDATES: list[tuple[Callable[[Scene], Awaitable[None]], list[str]]] = [
    (a_message, ["message"]),
    (an_edited_message, ["edited_message"]),
    (a_photo, ["message"]),
    (a_voice_message, ["message"]),
    (a_press, ["callback_query"]),
    (a_press_under_a_message_that_is_gone, ["callback_query"]),
    (a_stop, ["stopped_message_generation"]),
    (a_reaction, ["message_reaction"]),
    (a_block, ["my_chat_member"]),
    (an_invitation, ["my_chat_member", "message"]),
    (a_topic, ["message"] * 4),
    (an_upgrade, ["message"] * 2),
    (an_album, ["message"] * 2),
    (a_forwarded_message, ["message"]),
    (a_return, ["my_chat_member"] * 2),
    (a_career, ["my_chat_member"] * 2),
]


@pytest.mark.parametrize(("act", "kinds"), UPDATES, ids=lambda value: getattr(value, "__name__", ""))
async def test_aiogram_reads_every_kind_of_update(act: Callable[[Scene], Awaitable[None]], kinds: list[str]) -> None:
    async with scene() as parts:
        await act(parts)
        updates = await parts.updates()
        assert [update.event_type for update in updates] == kinds
        assert list(unknown_fields(updates)) == []


async def test_aiogram_knows_every_error_by_its_own_class() -> None:
    async with scene() as parts:
        with pytest.raises(TelegramBadRequest, match="message to edit not found"):
            await parts.bot.edit_message_text("x", chat_id=parts.chat, message_id=999)
        parts.telegram.flood.close(parts.chat, 30)
        with pytest.raises(TelegramRetryAfter) as flood:
            await parts.bot.send_message(parts.chat, "x")
        assert flood.value.retry_after == 60
        await parts.telegram.block(parts.world.ann)
        with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
            await parts.bot.send_message(parts.chat, "x")
        old = parts.telegram.add_group("Old", [parts.world.ann], basic=True)
        new = await parts.telegram.upgrade_group(parts.world.ann, old)
        with pytest.raises(TelegramMigrateToChat) as migrated:
            await parts.bot.send_message(old.id, "x")
        assert migrated.value.migrate_to_chat_id == new.id


async def test_aiogram_knows_an_outage_a_lost_connection_and_a_wrong_token() -> None:
    async with scene() as parts, aiogram_bot(parts.telegram, "1:" + "A" * 35) as stranger:
        parts.telegram.outage = 500
        with pytest.raises(TelegramServerError):
            await parts.bot.get_me()
        parts.telegram.outage = 0
        parts.telegram.reset("getMe", applied=False)
        with pytest.raises(TelegramNetworkError):
            await parts.bot.get_me()
        with pytest.raises(TelegramUnauthorizedError):
            await stranger.get_me()


async def test_aiogram_knows_that_another_poller_took_over() -> None:
    async with scene() as parts:
        older = asyncio.create_task(parts.bot.get_updates(timeout=30))
        await parts.telegram.wait_for(lambda: parts.telegram.calls_of("getUpdates"))
        newer = asyncio.create_task(parts.bot.get_updates(timeout=30))
        with pytest.raises(TelegramConflictError):
            await older
        await a_message(parts)
        assert len(await newer) == 1


async def test_an_album_of_documents_by_aiogram_is_read_back() -> None:
    async with scene() as parts:
        media: list[MediaUnion] = [
            InputMediaDocument(media=file(name=name), caption=name) for name in ("a.txt", "b.txt")
        ]
        album = await parts.bot.send_media_group(parts.chat, media)
        assert [message.caption for message in album] == ["a.txt", "b.txt"]
        assert list(unknown_fields(album)) == []
