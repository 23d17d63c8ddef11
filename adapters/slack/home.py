"""The Home tab: each person's chats, published anew whenever they would look different."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import structlog

from adapters.slack import home_view, views
from adapters.slack.api import WebApi
from adapters.slack.config import Identity
from adapters.slack.inbound import Payload
from adapters.slack.messenger import SlackMessenger
from adapters.slack.people import People
from adapters.slack.ports import Engine
from adapters.slack.side_calls import SideCalls
from bot.engine import texts
from bot.engine.background import Background
from bot.engine.chat_lists import ListView
from bot.engine.chats import Author, Chat, ChatKey
from bot.engine.errors import DeliveryError, StorageUnavailable
from bot.engine.incoming import Command, Press
from bot.engine.ports import Clock
from bot.engine.posts import Action, Button, Post
from bot.engine.presses import read_data
from bot.engine.recent import Recent

log = structlog.get_logger()

GAP = 2.0
"""Seconds between two looks for whether a person's tab would look different."""

FIRST_PAGE = ListView(everywhere=True)


@dataclass(slots=True)
class Tab:
    """A person's Home tab: what it is about, what was published last, and whether that may be out of date."""

    author: Author
    key: ChatKey
    view: ListView = FIRST_PAGE
    shown: home_view.View | None = None
    titles: Mapping[int, str] = field(default_factory=dict)
    instructions: str = ""
    note: str = ""
    stale: bool = False
    busy: bool = False


class HomeTabs:
    """Keeps the tabs of the people who looked at theirs last. Others' are made when they are opened."""

    def __init__(
        self,
        engine: Engine,
        me: Identity,
        api: WebApi,
        messenger: SlackMessenger,
        side_calls: SideCalls,
        people: People,
        background: Background,
        clock: Clock,
    ) -> None:
        self._engine = engine
        self._me = me
        self._api = api
        self._messenger = messenger
        self._side_calls = side_calls
        self._people = people
        self._background = background
        self._clock = clock
        self._tabs: Recent[str, Tab] = Recent()
        engine.watch(self.changed)

    def opened(self, author: Author, key: ChatKey) -> None:
        """Somebody looks at their tab: they begin on the first page."""
        tab = Tab(author, key)
        self._tabs.note(author.id, tab)
        self._refresh(tab)

    def changed(self, place: ChatKey) -> None:
        """A chat changed: look which tabs that are known would show it."""
        if (place.platform, place.workspace) == (self._me.key("").platform, self._me.team):
            for tab in self._tabs.values():
                self._refresh(tab)

    async def pressed(self, body: Payload, press: Press) -> None:
        """Do what was pressed in the tab, and show what came of it."""
        tab = self._tabs.get(press.author.id) or Tab(press.author, press.key)
        self._tabs.note(press.author.id, tab)
        button = read_data(press.data)
        if body["actions"][0].get("type") == "plain_text_input":
            self._background.start(self._look(body, press), "slack-home-search")
        elif press.data == views.NEW_CHAT:
            self._ask(body, views.new_chat(tab.key, tab.author.language))
        elif press.data == views.INSTRUCTIONS:
            self._ask(body, views.instructions(tab.instructions, tab.key, tab.author.language))
        elif button is not None and button.action is Action.ASK_RENAME:
            known = tab.titles.get(button.argument, "")
            self._ask(body, views.rename_chat(button.argument, known, tab.key, tab.author.language))
        else:
            await self._carry_out(body, tab, press, button)
            self._refresh(tab)

    async def _carry_out(self, body: Payload, tab: Tab, press: Press, button: Button | None) -> None:
        if button is not None and button.action is Action.LIST:
            tab.view = ListView.of(button)
        elif button is not None and button.action is Action.ASK_DELETE:
            self._background.start(self._confirm(body, press), "slack-home-delete")
        elif button is None or button.action is not Action.OPEN:  # whose link the client has followed
            tab.note = (await self._engine.press(press)).note or ""

    async def _confirm(self, body: Payload, press: Press) -> None:
        """Ask in a modal before something is deleted."""

        async def question() -> Post:
            reaction = await self._engine.press(press)
            return reaction.replace or Post(texts.escape(reaction.note or ""))

        await self._fill(body, press.key, texts.DELETE_CHAT(press.author.language), press.author.language, question)

    async def _look(self, body: Payload, press: Press) -> None:
        """Show in a modal where the words stand that were written into the field."""
        command = Command(press.event_id, "search", press.data, press.key, press.author, private=True)

        async def found() -> Post:
            return await self._engine.command(command) or Post("")

        await self._fill(body, press.key, texts.YOUR_CHATS(press.author.language), press.author.language, found)

    async def _fill(
        self, body: Payload, key: ChatKey, title: str, language: str, shown: Callable[[], Awaitable[Post]]
    ) -> None:
        """Open a modal before anything is looked up, for its trigger lives for three seconds; then fill it."""
        view = views.modal(Post(texts.MOMENT(language)), title, key, language)
        opened = await self._api.call("views.open", trigger_id=body["trigger_id"], view=view)
        try:
            post = await shown()
        except StorageUnavailable:
            post = Post(texts.TRY_AGAIN(language))
        filled = views.modal(post, title, key, language)
        update = partial(self._api.call, "views.update", view_id=opened["view"]["id"], view=filled)
        await self._side_calls.make("views.update", update)

    def _ask(self, body: Payload, view: views.View) -> None:
        self._background.start(self._open(body, view), "slack-home-modal")

    async def _open(self, body: Payload, view: views.View) -> None:
        await self._api.call("views.open", trigger_id=body["trigger_id"], view=view)

    def _refresh(self, tab: Tab) -> None:
        tab.stale = True
        if not tab.busy:
            tab.busy = True
            self._background.start(self._keep_fresh(tab), f"slack-home-{tab.author.id}")

    async def _keep_fresh(self, tab: Tab) -> None:
        """Publish until nothing changes any more. What cannot be shown now is when the tab is opened again."""
        try:
            while tab.stale:
                tab.stale = False
                await self._publish(tab)
                await self._clock.sleep(GAP)
        except (DeliveryError, StorageUnavailable) as error:
            log.warning("slack_home_not_published", user=tab.author.id, reason=str(error))
        finally:
            tab.busy = False

    async def _publish(self, tab: Tab) -> None:
        who = self._people.known(tab.author.id)
        looker = home_view.Looker(tab.author.language, who.offset if who else 0)
        sidebar = await self._engine.sidebar(tab.key, tab.author, tab.view, home_view.PAGE)
        if sidebar is None:
            return
        tab.view, tab.instructions = sidebar.page.view, sidebar.instructions
        tab.titles = {entry.chat.id: entry.chat.title or "" for entry in sidebar.page.chats}
        now = datetime.fromtimestamp(self._clock.now(), UTC)
        shown = home_view.home(sidebar, tab.key, looker, now, self._link, tab.note)
        if shown != tab.shown:
            publish = partial(self._api.call, "views.publish", user_id=tab.author.id, view=shown)
            await self._side_calls.make("views.publish", publish)
            tab.shown, tab.note = shown, ""

    def _link(self, chat: Chat) -> str | None:
        return self._messenger.link(chat.key)
