"""What the messenger asks of the Bot API, and what it makes of the answers."""

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise

import pytest

from adapters.telegram.messenger import TelegramMessenger
from bot.engine.chats import ChatKey, MessageRef
from bot.engine.errors import (
    DeliveryError,
    MessageGone,
    PlaceGone,
    PlatformRefused,
    PlatformUnavailable,
    RateLimited,
    TooLong,
)
from bot.engine.ports import Kind
from bot.engine.posts import Action, Button, Post
from tests.adapters.telegram_payloads import FORUM, GROUP, PRIVATE
from tests.adapters.telegram_set_up import SetUp, set_up

TOPIC = replace(PRIVATE, thread="120")
GROUP_TOPIC = replace(FORUM, thread="17")
SMALL_GROUP = ChatKey("telegram", "5550001111", "-4900001")
THREAD_GONE = "Bad Request: message thread not found"
NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)


@pytest.fixture
async def parts() -> AsyncIterator[SetUp]:
    async with set_up() as parts:
        yield parts


@pytest.fixture
def messenger(parts: SetUp) -> TelegramMessenger:
    return parts.adapter.messenger


async def test_a_post_goes_out_as_text_and_entities_and_never_as_markup(
    parts: SetUp, messenger: TelegramMessenger
) -> None:
    ref = await messenger.send(PRIVATE, Post("A **bold** word"))
    assert (ref, messenger.platform) == (MessageRef(PRIVATE, "701"), "telegram")
    assert parts.api.of("sendMessage") == [
        {
            "chat_id": "410000001",
            "text": "A bold word",
            "entities": [{"type": "bold", "offset": 2, "length": 4}],
            "link_preview_options": {"is_disabled": True},
        }
    ]


async def test_a_topic_is_named_by_its_thread(parts: SetUp, messenger: TelegramMessenger) -> None:
    await messenger.send(TOPIC, Post("hi"))
    assert parts.api.of("sendMessage")[0]["message_thread_id"] == "120"


async def test_in_a_group_the_question_is_quoted_even_if_it_is_gone(parts: SetUp, messenger: TelegramMessenger) -> None:
    await messenger.send(GROUP, Post("hi"), "501")
    quoted = parts.api.of("sendMessage")[0]["reply_parameters"]
    assert quoted == {"message_id": 501, "allow_sending_without_reply": True}


async def test_in_a_private_chat_nothing_is_quoted(parts: SetUp, messenger: TelegramMessenger) -> None:
    await messenger.send(PRIVATE, Post("hi"), "101")
    assert "reply_parameters" not in parts.api.of("sendMessage")[0]


async def test_buttons_become_an_inline_keyboard(parts: SetUp, messenger: TelegramMessenger) -> None:
    delete, where = (
        Button("Delete", Action.DELETE, 7, danger=True),
        Button("Open", Action.OPEN, 7, url="https://t.me/x"),
    )
    await messenger.send(PRIVATE, Post("Sure?", rows=((delete,), (where,))))
    assert parts.api.of("sendMessage")[0]["reply_markup"]["inline_keyboard"] == [
        [{"text": "Delete", "callback_data": delete.data, "style": "danger"}],
        [{"text": "Open", "url": "https://t.me/x"}],
    ]


async def test_button_data_is_64_bytes_at_most_and_whole_characters(parts: SetUp, messenger: TelegramMessenger) -> None:
    await messenger.send(PRIVATE, Post("Which?", rows=((Button("A", Action.RENAME, 7, text="ü" * 60),),)))
    data = parts.api.of("sendMessage")[0]["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    assert len(data.encode()) in (63, 64)
    assert data.endswith("ü")


async def test_a_row_has_eight_buttons_at_most(parts: SetUp, messenger: TelegramMessenger) -> None:
    await messenger.send(PRIVATE, Post("Page", rows=(tuple(Button(str(n), Action.LIST, n) for n in range(10)),)))
    shown = parts.api.of("sendMessage")[0]["reply_markup"]["inline_keyboard"]
    assert [len(row) for row in shown] == [8, 2]


async def test_an_edit_gives_text_and_buttons_anew(parts: SetUp, messenger: TelegramMessenger) -> None:
    """Buttons that are not given again are removed by Telegram."""
    ref = MessageRef(TOPIC, "701")
    await messenger.edit(ref, Post("more", rows=((Button("Stop", Action.STOP, 3),),)))
    await messenger.edit(ref, Post("all"))
    first, last = parts.api.of("editMessageText")
    assert (first["chat_id"], first["message_id"], first["text"]) == ("410000001", "701", "more")
    assert "reply_markup" in first
    assert "reply_markup" not in last


async def test_an_unchanged_message_is_a_success(parts: SetUp, messenger: TelegramMessenger) -> None:
    parts.api.refuse("editMessageText", 400, NOT_MODIFIED)
    await messenger.edit(MessageRef(PRIVATE, "701"), Post("same"))
    assert parts.meter.calls[-1] == ("telegram", "editMessageText", "ok")


async def test_a_half_written_live_post_is_closed(parts: SetUp, messenger: TelegramMessenger) -> None:
    await messenger.send(PRIVATE, Post("A **bold", live=True))
    sent = parts.api.of("sendMessage")[0]
    assert (sent["text"], sent["entities"]) == ("A bold", [{"type": "bold", "offset": 2, "length": 4}])


async def test_text_that_shows_nothing_is_shown_as_written(parts: SetUp, messenger: TelegramMessenger) -> None:
    """Telegram refuses a message without visible text, and an answer must never be lost."""
    await messenger.send(PRIVATE, Post("[a]: https://example.org"))
    await messenger.send(PRIVATE, Post(" "))
    assert [sent["text"] for sent in parts.api.of("sendMessage")] == ["[a]: https://example.org", "…"]


@pytest.mark.parametrize(
    "text", ["\u200b", "\ufeff\n", "\u2060 \u200d", "\u2800", "\ufffc", "\u202e", "\u030a", "\U000e0041"]
)
async def test_text_of_invisible_characters_is_shown_as_three_dots(
    parts: SetUp, messenger: TelegramMessenger, text: str
) -> None:
    """Telegram counts them as no text; a model that begins with one would lose its whole answer to the refusal."""
    await messenger.send(PRIVATE, Post(text, live=True))
    await messenger.edit(MessageRef(PRIVATE, "701"), Post(text))
    assert [parts.api.of(method)[0]["text"] for method in ("sendMessage", "editMessageText")] == ["…", "…"]


@pytest.mark.parametrize(
    ("status", "description", "kind", "outcome"),
    [
        (400, "Bad Request: message to edit not found", MessageGone, "gone"),
        (400, "Bad Request: message can't be edited", MessageGone, "gone"),
        (400, "Bad Request: chat not found", PlaceGone, "gone"),
        (400, "Bad Request: not enough rights to send text messages to the chat", PlaceGone, "gone"),
        (400, "Bad Request: message is too long", TooLong, "refused"),
        (400, "Bad Request: text is too long", TooLong, "refused"),
        (400, "Bad Request: MESSAGE_TOO_LONG", TooLong, "refused"),
        (400, "Bad Request: reply markup is too long", PlatformRefused, "refused"),
        (401, "Unauthorized", PlatformRefused, "refused"),
        (403, "Forbidden: bot was blocked by the user", PlaceGone, "gone"),
        (403, "Forbidden: bot was kicked from the supergroup chat", PlaceGone, "gone"),
        (403, "Forbidden: user is deactivated", PlaceGone, "gone"),
        (409, "Conflict: terminated by setWebhook request", PlatformUnavailable, "unavailable"),
        (429, "Too Many Requests", RateLimited, "rate_limited"),
        (500, "Internal Server Error", PlatformUnavailable, "unavailable"),
    ],
)
async def test_refusals_become_the_engines_errors(
    parts: SetUp, messenger: TelegramMessenger, status: int, description: str, kind: type[DeliveryError], outcome: str
) -> None:
    parts.api.refuse("editMessageText", status, description)
    with pytest.raises(kind) as caught:
        await messenger.edit(MessageRef(PRIVATE, "701"), Post("hi"))
    assert type(caught.value) is kind or kind is PlatformRefused
    assert parts.meter.calls[-1] == ("telegram", "editMessageText", outcome)


@pytest.mark.parametrize("description", ["message to delete not found", "message can't be deleted"])
async def test_a_message_that_cannot_be_deleted_is_gone(
    parts: SetUp, messenger: TelegramMessenger, description: str
) -> None:
    parts.api.refuse("deleteMessage", 400, f"Bad Request: {description}")
    with pytest.raises(MessageGone):
        await messenger.delete(MessageRef(PRIVATE, "701"))


@pytest.mark.parametrize("as_timedelta", ["false", "true"])
async def test_a_flood_wait_says_how_long(
    parts: SetUp, messenger: TelegramMessenger, monkeypatch: pytest.MonkeyPatch, as_timedelta: str
) -> None:
    """The library gives seconds or a timedelta, as the operator's environment says."""
    monkeypatch.setenv("PTB_TIMEDELTA", as_timedelta)
    parts.api.refuse("sendMessage", 429, "Too Many Requests: retry after 17", retry_after=17)
    with pytest.raises(RateLimited) as caught:
        await messenger.send(PRIVATE, Post("hi"))
    assert caught.value.retry_after == 17.0


async def test_an_upgraded_group_names_its_new_id(parts: SetUp, messenger: TelegramMessenger) -> None:
    description = "Bad Request: group chat was upgraded to a supergroup chat"
    parts.api.refuse("sendMessage", 400, description, migrate_to_chat_id=-1001900000077)
    with pytest.raises(PlaceGone, match="-1001900000077"):
        await messenger.send(SMALL_GROUP, Post("hi"))


@pytest.mark.parametrize("body", ["<html>Bad Gateway</html>", ""])
async def test_a_gateways_page_means_that_nobody_knows(parts: SetUp, messenger: TelegramMessenger, body: str) -> None:
    parts.api.answer_raw("sendMessage", 502, body)
    with pytest.raises(PlatformUnavailable):
        await messenger.send(PRIVATE, Post("hi"))


@pytest.mark.parametrize("body", ["not json", "[]", '{"ok": true}', '{"ok": true, "result": {"text": 1}}'])
async def test_an_unreadable_success_means_that_nobody_knows(
    parts: SetUp, messenger: TelegramMessenger, body: str
) -> None:
    parts.api.answer_raw("sendMessage", 200, body)
    with pytest.raises(PlatformUnavailable):
        await messenger.send(PRIVATE, Post("hi"))


async def test_a_cut_connection_means_that_nobody_knows(parts: SetUp, messenger: TelegramMessenger) -> None:
    parts.api.hang_up("sendMessage")
    with pytest.raises(PlatformUnavailable):
        await messenger.send(PRIVATE, Post("hi"))


async def test_an_answer_whose_topic_is_gone_goes_to_the_chat_with_a_note(
    parts: SetUp, messenger: TelegramMessenger
) -> None:
    parts.api.refuse("sendMessage", 400, THREAD_GONE)
    ref = await messenger.send(TOPIC, Post("The answer"))
    moved = parts.api.of("sendMessage")[1]
    assert "message_thread_id" not in moved
    assert moved["text"] == "(moved here: the topic is gone)\n\nThe answer"
    assert ref == MessageRef(TOPIC, "701")


async def test_a_full_page_moves_without_the_note(parts: SetUp, messenger: TelegramMessenger) -> None:
    parts.api.refuse("sendMessage", 400, THREAD_GONE)
    await messenger.send(TOPIC, Post("x" * 4096))
    assert parts.api.of("sendMessage")[1]["text"] == "x" * 4096


async def test_marks_that_are_refused_are_left_out(parts: SetUp, messenger: TelegramMessenger) -> None:
    parts.api.refuse("sendMessage", 400, "Bad Request: ENTITIES_TOO_LONG")
    parts.api.refuse("editMessageText", 400, "Bad Request: entity begins in a middle of a UTF-16 symbol")
    ref = await messenger.send(PRIVATE, Post("A **bold** word"))
    await messenger.edit(ref, Post("A **bold** word"))
    for call in (parts.api.of("sendMessage")[1], parts.api.of("editMessageText")[1]):
        assert (call["text"], "entities" in call) == ("A bold word", False)


async def test_typing_is_shown_in_the_topic_and_its_refusal_says_how_long_the_chat_is_closed(
    parts: SetUp, messenger: TelegramMessenger
) -> None:
    parts.api.refuse("sendChatAction", 429, "Too Many Requests: retry after 3", retry_after=3)
    with pytest.raises(RateLimited) as limited:
        await messenger.show_working(TOPIC)
    assert limited.value.retry_after >= 3
    assert parts.api.of("sendChatAction") == [{"chat_id": "410000001", "action": "typing", "message_thread_id": "120"}]


async def test_a_private_topic_gets_the_title_as_its_name(parts: SetUp, messenger: TelegramMessenger) -> None:
    await messenger.show_title(TOPIC, "Tides " * 40)
    assert parts.api.of("editForumTopic") == [
        {"chat_id": "410000001", "message_thread_id": "120", "name": ("Tides " * 40)[:128]}
    ]


async def test_the_name_that_a_topic_has_already_is_fine(parts: SetUp, messenger: TelegramMessenger) -> None:
    parts.api.refuse("editForumTopic", 400, "Bad Request: TOPIC_NOT_MODIFIED")
    await messenger.show_title(TOPIC, "Tides")


@pytest.mark.parametrize("key", [PRIVATE, GROUP, FORUM, GROUP_TOPIC])
async def test_no_other_place_is_renamed(parts: SetUp, messenger: TelegramMessenger, key: ChatKey) -> None:
    await messenger.show_title(key, "Tides")
    assert not parts.api.calls


async def test_a_new_chat_gets_a_topic_where_the_bot_may_open_one(parts: SetUp, messenger: TelegramMessenger) -> None:
    await parts.adapter.start(parts.engine)  # getMe says has_topics_enabled
    assert await messenger.new_place(TOPIC, "New chat") == replace(PRIVATE, thread="777")
    assert parts.api.of("createForumTopic") == [{"chat_id": "410000001", "name": "New chat"}]


async def test_a_topic_that_cannot_be_opened_is_told(parts: SetUp, messenger: TelegramMessenger) -> None:
    await parts.adapter.start(parts.engine)
    parts.api.refuse("createForumTopic", 400, "Bad Request: the chat is not a forum")
    with pytest.raises(DeliveryError):
        await messenger.new_place(PRIVATE, "New chat")


async def test_without_topics_and_in_groups_chats_share_the_place(parts: SetUp, messenger: TelegramMessenger) -> None:
    assert await messenger.new_place(PRIVATE, "New chat") is None
    messenger.topics = True
    assert await messenger.new_place(FORUM, "New chat") is None
    assert not parts.api.calls


@pytest.mark.parametrize(
    ("key", "link"),
    [
        (PRIVATE, None),
        (TOPIC, None),
        (SMALL_GROUP, None),
        (replace(SMALL_GROUP, channel="-1001234"), None),
        (replace(GROUP, channel="-1012345678901"), "https://t.me/c/12345678901/1"),
        (GROUP, "https://t.me/c/1900000001/1"),
        (GROUP_TOPIC, "https://t.me/c/1900000002/17"),
    ],
)
def test_only_supergroups_have_a_link(messenger: TelegramMessenger, key: ChatKey, link: str | None) -> None:
    assert messenger.link(key) == link


def test_sends_and_edits_of_a_chat_and_all_its_topics_share_one_budget(messenger: TelegramMessenger) -> None:
    send, edit = messenger.budgets(FORUM, Kind.SEND), messenger.budgets(GROUP_TOPIC, Kind.EDIT)
    assert send == edit
    assert messenger.budgets(PRIVATE, Kind.SEND) != send
    assert messenger.budgets(FORUM, Kind.DELETE) == send[:1]


async def test_a_long_text_is_split_into_pages_that_telegram_takes(messenger: TelegramMessenger) -> None:
    rest, pages = "Some words in a paragraph.\n\n" * 400, []
    while rest:
        page, rest = messenger.split(rest)
        pages.append(page)
    assert len(pages) >= 3
    assert all(len(page) <= 4096 for page in pages)


async def test_pages_that_are_too_long_are_half_as_long_with_each_step(messenger: TelegramMessenger) -> None:
    """An upgraded limit or a miscount must not cost an answer."""
    text = "Some words in a paragraph.\n\n" * 400
    lengths = [len(messenger.split(text, tightness)[0]) for tightness in range(4)]
    assert all(shorter <= longer * 0.6 for longer, shorter in pairwise(lengths))
    page, rest = messenger.split(text, 3)
    assert f"{page}\n\n{rest}".split() == text.split()


async def test_a_note_is_cut_to_what_telegram_takes_and_a_late_one_is_not_told(
    parts: SetUp, messenger: TelegramMessenger
) -> None:
    description = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    parts.api.refuse("answerCallbackQuery", 400, description)
    await messenger.answer("17", "x" * 300)
    assert parts.api.of("answerCallbackQuery") == [{"callback_query_id": "17", "text": "x" * 200}]
