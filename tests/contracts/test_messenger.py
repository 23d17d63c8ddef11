"""What every messenger promises: the one in memory and the real ones, against the strict stand-ins."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest

from adapters.slack import SlackAdapter, SlackConfig
from adapters.telegram import TelegramAdapter, TelegramConfig
from bot.engine.chats import ChatKey, MessageRef
from bot.engine.delivery import Delivery
from bot.engine.errors import MessageGone, PlaceGone, PlatformUnavailable, RateLimited
from bot.engine.ledger import LocalLedger
from bot.engine.pacing import Pacer
from bot.engine.ports import Kind, Messenger
from bot.engine.posts import Action, Button, Post
from bot.engine.testing import MemoryMessenger, MemoryStorage
from playground.clock import Clock
from playground.slack import SlackStandIn
from playground.telegram import TelegramStandIn
from tests.adapters.recording_engine import RecordingEngine
from tests.adapters.slack_desk import SlackEngine
from tests.unit.world import CountingMeter

ROWS = ((Button("Delete", Action.DELETE, 1, danger=True), Button("Keep", Action.KEEP, 1)),)
METHODS = {
    "memory": {"send": "send", "edit": "edit", "file": "file"},
    "telegram": {"send": "sendMessage", "edit": "editMessageText", "file": "sendDocument"},
    "slack": {"send": "chat.postMessage", "edit": "chat.update", "file": "files.completeUploadExternal"},
}


@dataclass
class Stage:
    """A messenger, a place to post in, and what a person there would see and do."""

    messenger: Messenger
    key: ChatKey
    read: Callable[[str], str]
    labels: Callable[[str], list[str]]
    remove: Callable[[str], Awaitable[None]]
    limit: Callable[[str, int], object]
    break_down: Callable[[str], object]
    close_place: Callable[[], Awaitable[None]]
    files: Callable[[], list[tuple[str, bytes, str]]]


@asynccontextmanager
async def in_memory() -> AsyncIterator[Stage]:
    messenger = MemoryMessenger()
    key = ChatKey("memory", "w", "c")

    async def remove(message_id: str) -> None:
        del messenger.posts[message_id]

    async def close_place() -> None:
        messenger.fail("send", PlaceGone("closed"))

    def files() -> list[tuple[str, bytes, str]]:
        return [(*messenger.files[i], messenger.posts[i].text) for i in messenger.files if i in messenger.posts]

    yield Stage(
        messenger,
        key,
        lambda message_id: messenger.posts[message_id].text,
        lambda message_id: [b.label for row in messenger.posts[message_id].rows for b in row],
        remove,
        lambda name, seconds: messenger.fail(name, RateLimited(seconds)),
        lambda name: messenger.fail(name, PlatformUnavailable("502")),
        close_place,
        files,
    )


@asynccontextmanager
async def on_telegram() -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(TelegramStandIn(Clock(20)))
        adapter = TelegramAdapter(
            TelegramConfig(telegram.token, telegram.api_url), MemoryStorage(), telegram.clock, CountingMeter()
        )
        engine = RecordingEngine()
        await adapter.start(engine)
        stack.push_async_callback(adapter.close)
        ann = telegram.add_person("Ann")
        chat = telegram.private_chat(ann)
        await telegram.send(ann, chat, "Hello")
        methods = METHODS["telegram"]

        async def remove(message_id: str) -> None:
            await telegram.delete_message(chat, int(message_id))

        def files() -> list[tuple[str, bytes, str]]:
            shown = [message.extra for message in telegram.messages(chat) if "document" in message.extra]
            stored = telegram.account.files.stored
            return [(e["document"]["file_name"], stored[e["document"]["file_id"]].data, e["caption"]) for e in shown]

        yield Stage(
            adapter.messenger,
            ChatKey("telegram", str(telegram.bot_id), str(chat.id)),
            lambda message_id: telegram.message(chat, int(message_id)).text,
            lambda message_id: telegram.message(chat, int(message_id)).button_labels,
            remove,
            lambda name, seconds: telegram.fail(methods[name], 429, retry_after=seconds),
            lambda name: telegram.fail(methods[name], 502),
            lambda: telegram.block(ann),
            files,
        )


@asynccontextmanager
async def on_slack() -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(SlackStandIn(clock=Clock(20)))
        config = SlackConfig(slack.bot_token, slack.app_token, None, slack.api_url)
        adapter = SlackAdapter(config, slack.clock, CountingMeter())
        await adapter.start(SlackEngine())
        stack.push_async_callback(adapter.close)
        ann = slack.add_person("Ann")
        channel = slack.add_channel("general", members=[ann])
        root = await slack.post(ann, channel, "Hello")
        methods = METHODS["slack"]

        def labels(ts: str) -> list[str]:
            elements = [e for block in slack.message(channel, ts).blocks for e in block.get("elements", [])]
            return [element["text"]["text"] for element in elements if element["type"] == "button"]

        async def remove(ts: str) -> None:
            await adapter.messenger.delete(MessageRef(key, ts))

        def files() -> list[tuple[str, bytes, str]]:
            shown = [(file, message.ts) for message in slack.thread(channel, root) for file in message.files]
            stored = slack.workspace.files
            return [(f["name"], stored[f["id"]].bytes, slack.rendered(channel, ts).strip()) for f, ts in shown]

        key = ChatKey("slack", slack.team_id, channel.id, root)
        yield Stage(
            adapter.messenger,
            key,
            lambda ts: slack.rendered(channel, ts).strip(),
            labels,
            remove,
            lambda name, seconds: slack.fail(methods[name], status=429, retry_after=seconds),
            lambda name: slack.fail(methods[name], status=503),
            lambda: slack.archive(ann, channel),
            files,
        )


@pytest.fixture(params=[in_memory, on_telegram, on_slack])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    async with request.param() as stage:
        yield stage


async def test_what_is_sent_stands_there_and_an_edit_changes_it(stage: Stage) -> None:
    ref = await stage.messenger.send(stage.key, Post("first"))
    assert ref.key == stage.key
    assert stage.read(ref.id) == "first"
    await stage.messenger.edit(ref, Post("second"))
    assert stage.read(ref.id) == "second"


async def test_editing_twice_to_the_same_is_a_success(stage: Stage) -> None:
    ref = await stage.messenger.send(stage.key, Post("first"))
    for _ in range(2):
        await stage.messenger.edit(ref, Post("second", ROWS))
    assert stage.read(ref.id) == "second"


async def test_buttons_are_there_until_an_edit_has_none(stage: Stage) -> None:
    ref = await stage.messenger.send(stage.key, Post("sure?", ROWS))
    assert stage.labels(ref.id) == ["Delete", "Keep"]
    await stage.messenger.edit(ref, Post("done"))
    assert stage.labels(ref.id) == []


async def test_what_is_deleted_is_gone_and_can_be_neither_edited_nor_deleted(stage: Stage) -> None:
    ref = await stage.messenger.send(stage.key, Post("first"))
    await stage.messenger.delete(ref)
    with pytest.raises(MessageGone):
        await stage.messenger.edit(ref, Post("second"))
    with pytest.raises(MessageGone):
        await stage.messenger.delete(ref)


async def test_a_message_that_somebody_else_removed_is_gone(stage: Stage) -> None:
    ref = await stage.messenger.send(stage.key, Post("first"))
    await stage.remove(ref.id)
    with pytest.raises(MessageGone):
        await stage.messenger.edit(ref, Post("second"))


async def test_a_limit_is_told_in_seconds(stage: Stage) -> None:
    ref = await stage.messenger.send(stage.key, Post("first"))
    stage.limit("edit", 7)
    with pytest.raises(RateLimited) as limited:
        await stage.messenger.edit(ref, Post("second"))
    assert limited.value.retry_after == 7


async def test_a_server_that_breaks_down_is_unavailable(stage: Stage) -> None:
    stage.break_down("send")
    with pytest.raises(PlatformUnavailable):
        await stage.messenger.send(stage.key, Post("first"))


async def test_a_place_that_is_closed_is_gone(stage: Stage) -> None:
    await stage.close_place()
    with pytest.raises(PlaceGone):
        await stage.messenger.send(stage.key, Post("first"))


async def test_a_file_stands_there_with_its_words_until_it_is_deleted(stage: Stage) -> None:
    before = await stage.messenger.send(stage.key, Post("first"))
    ref = await stage.messenger.send_file(stage.key, "Flüsse-हिन्दी.md", b"# Rivers\n", "All of it & more", before.id)
    assert ref.key == stage.key
    assert stage.files() == [("Flüsse-हिन्दी.md", b"# Rivers\n", "All of it & more")]
    await stage.messenger.delete(ref)
    assert stage.files() == []
    with pytest.raises(MessageGone):
        await stage.messenger.delete(ref)


async def test_a_file_that_may_not_have_arrived_is_told_and_a_limit_is_waited_for(stage: Stage) -> None:
    stage.break_down("file")
    with pytest.raises(PlatformUnavailable):
        await stage.messenger.send_file(stage.key, "a.md", b"a", "All of it")
    stage.limit("file", 7)
    with pytest.raises(RateLimited):
        await stage.messenger.send_file(stage.key, "a.md", b"a", "All of it")
    assert stage.files() == []


async def test_the_pages_of_a_long_text_are_all_taken_and_lose_no_word(stage: Stage) -> None:
    text = "\n\n".join(f"Paragraph {n}. " + "All work and no play. " * 30 for n in range(20))
    clock = Clock(20)
    refs = await Delivery(stage.messenger, Pacer(LocalLedger(clock), clock), clock).send(stage.key, Post(text))
    shown = [stage.read(ref.id) for ref in refs]
    assert "".join("".join(shown).split()) == "".join(text.split())
    assert len(shown) > 1


async def test_half_written_markdown_is_taken_while_a_reply_is_live(stage: Stage) -> None:
    ref = await stage.messenger.send(stage.key, Post("**bo", live=True))
    for text in ("**bold** and `co", "**bold** and `code` [li", "**bold** and `code` [link](https://exa"):
        await stage.messenger.edit(ref, Post(text, live=True))
    assert "code" in stage.read(ref.id)


async def test_work_and_titles_are_shown_by_the_platforms_own_means_or_not_at_all(stage: Stage) -> None:
    await stage.messenger.show_working(stage.key)
    await stage.messenger.show_idle(stage.key)
    await stage.messenger.show_title(stage.key, "A title: with / marks")


async def test_a_message_is_found_by_its_mark_or_the_platform_cannot_tell(stage: Stage) -> None:
    sent = await stage.messenger.send(stage.key, Post("Half of it", live=True), mark="turn 1.0")
    await stage.messenger.edit(sent, Post("The whole"))
    found = await stage.messenger.find(stage.key, "turn 1.0", stage.key.thread or None)
    assert found in (sent, None)
    assert (found is None) is (stage.messenger.platform == "telegram")
    assert await stage.messenger.find(stage.key, "turn 1.1", None) is None


async def test_a_message_is_marked_as_waiting_and_not_any_more_however_often_it_is_told(stage: Stage) -> None:
    ref = await stage.messenger.send(stage.key, Post("Wait for me"))
    for waiting in (True, True, False, False):
        await stage.messenger.show_waiting(ref, waiting)


def test_every_call_has_budgets_and_the_last_way_of_a_reply_is_always_possible(stage: Stage) -> None:
    messenger, key = stage.messenger, stage.key
    assert all(
        messenger.budgets(key, kind) for kind in (Kind.SEND, Kind.EDIT, Kind.DELETE, Kind.WORKING, Kind.IDLE, Kind.FILE)
    )
    last = messenger.ways(key)[-1]
    assert (last.first, last.preview) == (messenger.budgets(key, Kind.SEND), messenger.budgets(key, Kind.EDIT))
    assert messenger.platform == key.platform


async def test_a_page_grows_in_every_way_and_ends_as_one_message(stage: Stage) -> None:
    for way in stage.messenger.ways(stage.key):
        page = stage.messenger.page(stage.key, way, None, "turn 1.0")
        assert await page.show(Post("The first words", live=True), last=False)
        assert await page.show(Post("The first words and more", live=True), last=False)
        while not await page.show(Post("The first words and more, to the end."), last=True):
            pass
        assert page.ref is not None
        await stage.messenger.delete(page.ref)
