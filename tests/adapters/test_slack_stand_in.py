"""The adapter against the strict stand-in: everything it sends is taken, everything people do arrives."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web

from adapters.slack import SlackAdapter, SlackConfig
from bot.engine.chats import ChatKey
from bot.engine.errors import MessageGone, PlaceGone
from bot.engine.incoming import Command, IncomingMessage, Press, TitleChange
from bot.engine.posts import Action, Button, Post, Reaction
from playground.clock import Clock
from playground.slack import SlackStandIn
from tests.adapters.slack_desk import CallMeter, SlackEngine

QUESTION = Post("Delete “a*b”?", ((Button("Delete", Action.DELETE, 3, danger=True), Button("Keep", Action.KEEP, 3)),))
LINK = Button("Plans", Action.OPEN, 3, url="https://example.slack.com/archives/C1/p1")
LIST = Post("Your chats, newest **first**.", ((LINK,), (Button("Older ›", Action.LIST, 1, "p"),)))


@dataclass
class Office:
    """A workspace with one person, one channel and the adapter."""

    slack: SlackStandIn
    engine: SlackEngine
    adapter: SlackAdapter

    def __post_init__(self) -> None:
        self.ann = self.slack.add_person("Ann Lee")
        self.channel = self.slack.add_channel("general", members=[self.ann])
        self.dm = self.slack.open_dm(self.ann)

    async def mention(self, text: str) -> ChatKey:
        """A person mentions us; the place of the chat that this begins."""
        ts = await self.slack.post(self.ann, self.channel, f"<@{self.slack.bot_user_id}> {text}")
        await self.engine.wait_for(lambda: bool(self.messages))
        return ChatKey("slack", self.slack.team_id, self.channel.id, ts)

    @property
    def messages(self) -> list[IncomingMessage]:
        return [taken for taken in self.engine.taken if isinstance(taken, IncomingMessage)]

    async def modal(self, text: str) -> dict[str, Any]:
        """Wait until a modal with this text is open."""
        await self.slack.wait_for(lambda: text in self._open_text())
        return self.slack.views(self.ann)[-1]

    def _open_text(self) -> str:
        views = self.slack.views(self.ann)
        return self.slack.rendered_view(views[-1]) if views else ""


@asynccontextmanager
async def office(*, http: bool = False, speed: float = 20.0, **flags: Any) -> AsyncIterator[Office]:
    clock = Clock(speed)
    async with SlackStandIn(clock, **flags) as slack:
        app_token, secret = (None, slack.signing_secret) if http else (slack.app_token, None)
        adapter = SlackAdapter(SlackConfig(slack.bot_token, app_token, secret, slack.api_url), clock, CallMeter())
        app = web.Application()
        app.add_routes(adapter.routes())
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        if http:
            slack.deliver_to(f"http://{host}:{port}/slack/events")
        engine = SlackEngine()
        await adapter.start(engine)
        try:
            yield Office(slack, engine, adapter)
        finally:
            await adapter.stop_intake()
            await adapter.close()
            await runner.cleanup()


@pytest.fixture(params=["socket", "http"])
async def room(request: pytest.FixtureRequest) -> AsyncIterator[Office]:
    """An office over each intake, in which Slack refused nothing at the end."""
    async with office(http=request.param == "http") as running:
        yield running
        assert running.slack.refused == []
        assert running.slack.notified == []


async def test_the_address_answers_slacks_challenge() -> None:
    async with office(http=True) as room:
        assert await room.slack.verify_url()


async def test_a_mention_arrives_once_under_repeats(room: Office) -> None:
    room.slack.deliver_with(duplicate=2, reorder=True)
    key = await room.mention("hello & <https://example.com|there>")
    await room.slack.wait_for(lambda: len(room.slack.deliveries) >= 6 and all(d.status for d in room.slack.deliveries))
    (message,) = room.messages
    assert (message.ref.key, message.author.name, message.text) == (
        key,
        "Ann Lee",
        "hello & there (https://example.com)",
    )


async def test_our_own_posts_come_back_unheard(room: Office) -> None:
    key = await room.mention("hello")
    room.engine.add_chat(key)
    await room.adapter.messenger.send(key, Post("Hello"))
    heard = len(room.slack.deliveries)
    await room.slack.post(room.ann, room.channel, "go on", thread_ts=key.thread)
    await room.engine.wait_for(lambda: len(room.messages) == 2)
    assert len(room.slack.deliveries) > heard
    assert [message.text for message in room.messages] == ["hello", "go on"]


async def test_posts_edits_titles_and_deletions_are_taken(room: Office) -> None:
    key, out = await room.mention("hello"), room.adapter.messenger
    await out.show_working(key)
    assert room.slack.status(room.channel, key.thread)
    ref = await out.send(key, Post("Hello <!channel> @here", ((Button("Stop", Action.STOP, 7), LINK),), live=True))
    await out.edit(ref, Post("# Hello\n\n| a | b |\n|---|---|\n| 1 | `<!here>` |\n\n> quote", ((),)))
    assert "Hello" in room.slack.rendered(room.channel, ref.id)
    await out.show_title(key, "A title: with / signs")
    session = room.slack.session(room.channel, key.thread)
    assert session is not None
    assert (session.title, session.state) == ("A title: with / signs", "processing")
    await out.show_idle(key)
    assert session.state == "active"
    await out.delete(ref)
    with pytest.raises(KeyError):
        room.slack.message(room.channel, ref.id)


async def test_a_slash_command_is_answered_for_the_person_alone_and_pressed_there(room: Office) -> None:
    room.engine.post, room.engine.reaction = LIST, Reaction("Page two.", Post("The second page"))
    await room.slack.slash(room.ann, room.channel, "/chats")
    (shown,) = room.slack.ephemerals(room.ann)
    seen = await room.slack.press(room.ann, room.channel, shown.ts, "threadline:1:0")
    await room.slack.wait_for(lambda: len(seen) == 2)
    assert [room.slack.rendered_message(e).strip() for e in room.slack.ephemerals(room.ann)] == [
        "The second page",
        "Page two.",
    ]


async def test_a_pressed_message_changes_and_the_person_is_told(room: Office) -> None:
    key = await room.mention("hello")
    room.engine.reaction = Reaction("Not yours.", Post("Stopped."))
    ref = await room.adapter.messenger.send(key, Post("Hello", ((Button("Stop", Action.STOP, 7),),)))
    await room.slack.press(room.ann, room.channel, ref.id, "threadline:0:0")
    await room.slack.wait_for(lambda: bool(room.slack.ephemerals(room.ann)))
    press = room.engine.taken[-1]
    assert isinstance(press, Press)
    assert (press.key, press.message_id, press.data) == (key, ref.id, "stop:7")
    assert room.slack.rendered(room.channel, ref.id).strip() == "Stopped."
    assert room.slack.ephemerals(room.ann)[0].thread_ts == key.thread


async def test_a_chat_is_renamed_by_a_modal(room: Office) -> None:
    key = await room.mention("hello")
    await room.slack.message_shortcut(room.ann, room.channel, key.thread, "rename_chat")
    view = await room.modal("New title")
    refused = await room.slack.submit(room.ann, view["id"], {"title": {"title": {"value": "  "}}})
    assert refused is not None
    assert refused["response_action"] == "errors"
    room.engine.post = Post("This chat is now called “Plans”.")
    await room.slack.submit(room.ann, view["id"], {"title": {"title": {"value": "Plans"}}})
    command = room.engine.taken[-1]
    assert isinstance(command, Command)
    assert (command.name, command.argument, command.key) == ("rename", "Plans", key)
    await room.modal("now called “Plans”")


async def test_a_chat_is_deleted_by_a_modal_that_asks(room: Office) -> None:
    key = await room.mention("hello")
    room.engine.post, room.engine.reaction = QUESTION, Reaction(replace=Post("Deleted."))
    await room.slack.message_shortcut(room.ann, room.channel, key.thread, "delete_chat")
    view = await room.modal("Delete “a*b”?")
    await room.slack.submit(room.ann, view["id"])
    press = room.engine.taken[-1]
    assert isinstance(press, Press)
    assert (press.key, press.data) == (key, "delete:3")
    await room.modal("Deleted.")


async def test_the_list_opens_in_a_modal_and_turns_its_pages(room: Office) -> None:
    room.engine.post, room.engine.reaction = LIST, Reaction("Page two.", Post("The second page"))
    await room.slack.global_shortcut(room.ann, "list_chats")
    view = await room.modal("Your chats, newest first.")
    await room.slack.press_in_view(room.ann, view["id"], "link:0:0")
    await room.slack.press_in_view(room.ann, view["id"], "threadline:1:0")
    await room.modal("The second page")
    assert [type(taken) for taken in room.engine.taken] == [Command, Press]


async def test_slacks_own_means_rename_and_stop(room: Office) -> None:
    key = await room.mention("hello")
    await room.adapter.messenger.show_working(key)
    await room.adapter.messenger.show_title(key, "Plans")
    await room.slack.rename_session(room.ann, room.channel, key.thread, "Better plans")
    await room.engine.wait_for(lambda: any(isinstance(taken, TitleChange) for taken in room.engine.taken))
    session = room.slack.session(room.channel, key.thread)
    assert session is not None
    await room.slack.press_stop(room.ann, room.channel, key.thread)
    await room.engine.wait_for(lambda: room.engine.stopped == [key])
    await room.slack.wait_for(lambda: session.state == "active")


async def test_a_workspace_without_sessions_keeps_its_titles_with_us() -> None:
    async with office(sessions=False) as room:
        key = await room.mention("hello")
        await room.adapter.messenger.show_title(key, "Plans")
        await room.adapter.messenger.show_title(key, "Plans")
        assert [call.error for call in room.slack.refused] == ["feature_disabled"]


async def test_a_deleted_message_and_a_closed_channel_are_gone() -> None:
    async with office() as room:
        room.slack.rates.enabled = False  # nobody paces the calls of this test
        key = await room.mention("hello")
        ref = await room.adapter.messenger.send(key, Post("Hello"))
        await room.adapter.messenger.delete(ref)
        with pytest.raises(MessageGone):
            await room.adapter.messenger.edit(ref, Post("Better"))
        await room.slack.kick(room.ann, room.channel)
        with pytest.raises(PlaceGone):
            await room.adapter.messenger.send(key, Post("Hello"))


async def test_an_uninstalled_app_is_not_ready() -> None:
    async with office() as room:
        assert room.adapter.ready() is None
        await room.slack.uninstall()
        await room.slack.wait_for(lambda: bool(room.slack.deliveries) and room.slack.deliveries[-1].acknowledged)
        assert room.adapter.ready()


async def test_nothing_is_lost_while_slack_refreshes_its_connections() -> None:
    async with office() as room:
        await room.slack.refresh_sockets()
        await room.mention("hello")
        assert [message.text for message in room.messages] == ["hello"]


async def test_the_doctor_is_content_with_an_app_as_the_manual_describes_it() -> None:
    async with office() as room:
        assert await room.adapter.check() == []
