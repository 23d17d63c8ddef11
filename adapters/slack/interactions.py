"""What is done about commands, buttons, shortcuts and modals. The answer given back is the acknowledgement itself."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from adapters.markdown.split import split
from adapters.slack import blocks, inbound, markup, views
from adapters.slack.api import Answer, WebApi
from adapters.slack.config import Identity, Profile
from adapters.slack.home import HomeTabs
from adapters.slack.inbound import Payload
from adapters.slack.messenger import SlackMessenger
from adapters.slack.people import People
from adapters.slack.ports import Engine
from adapters.slack.side_calls import SideCalls
from bot.engine import texts
from bot.engine.background import Background
from bot.engine.chats import ChatKey, MessageRef
from bot.engine.errors import StorageUnavailable
from bot.engine.incoming import Command, Press
from bot.engine.ports import Clock
from bot.engine.posts import Post, Reaction

EPHEMERAL = {"response_type": "ephemeral"}

RESPONSE_GAP = 1.0
"""Seconds between two answers through one response_url."""

SHORTCUTS = {
    "list_chats": ("chats", texts.YOUR_CHATS),
    "delete_chat": ("delete", texts.DELETE_CHAT),
    "branch_chat": ("branch", texts.BRANCH_CHAT),
}
"""Shortcuts that show the answer of a command in a modal, with the modal's title."""


SUBMITTED: Mapping[str, Callable[[Payload, Identity, Profile | None], Command | Press]] = {
    views.RENAME: inbound.submitted_title,
    views.NEW_CHAT: inbound.submitted_question,
    views.INSTRUCTIONS: inbound.submitted_instructions,
    views.ANSWER: inbound.submitted_answer,
}
"""Modals, with what submitting one asks for."""


class Interactions:
    """Slack repeats none of these: what fails here is seen by the person at once.

    Every method returns the body of the acknowledgement, None for an empty one; what takes calls happens after it.
    """

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
        home: HomeTabs,
    ) -> None:
        self._engine = engine
        self._me = me
        self._api = api
        self._messenger = messenger
        self._side_calls = side_calls
        self._people = people
        self._background = background
        self._clock = clock
        self._home = home

    async def slash(self, body: Payload) -> Answer | None:
        """A slash command: the answer goes out with the acknowledgement, for the person alone."""
        person = str(body["user_id"])
        known = await self._people.profiles([person])
        command = inbound.slash(body, self._me, known.get(person))
        post = await self._engine.command(command)
        return None if post is None else {**EPHEMERAL, **blocks.message(_first_page(post))}

    async def pressed(self, body: Payload) -> Answer | None:
        if inbound.press(body, self._me) is None:
            return None
        press = inbound.press(body, self._me, await self._profile(body))
        if press is None:
            return None
        if (body.get("view") or {}).get("type") == "home":
            await self._home.pressed(body, press)
            return None
        reaction = await self._engine.press(press)
        self._background.start(self._show_reaction(body, press, reaction), f"slack-reaction-{press.event_id}")
        return None

    async def chosen(self, body: Payload) -> Answer | None:
        """A shortcut. Its trigger lives for three seconds, so the modal opens before anything is looked up."""
        name = str(body["callback_id"])
        if name == views.RENAME:
            who = inbound.actor(body, self._known(body))
            view = views.rename(inbound.place_of_shortcut(body, self._me), who.language)
            self._background.start(self._open(body, view), "slack-rename-modal")
        elif name == views.NEW_CHAT:
            who = inbound.actor(body, self._known(body))
            view = views.new_chat(inbound.place_of_shortcut(body, self._me), who.language)
            self._background.start(self._open(body, view), "slack-new-modal")
        elif name in SHORTCUTS:
            word, title = SHORTCUTS[name]
            command = inbound.shortcut(body, self._me, word, self._known(body))
            self._background.start(
                self._show_command(body, command, title(command.author.language)), f"slack-{word}-modal"
            )
        return None

    async def submitted(self, body: Payload) -> Answer | None:
        read = SUBMITTED.get(str(body["view"].get("callback_id")))
        if read is None:
            return None
        wanted = read(body, self._me, await self._profile(body))
        if read is inbound.submitted_title and not inbound.entered(body, "title"):
            return {"response_action": "errors", "errors": {"title": texts.NO_TITLE(wanted.author.language)}}
        return await self._done(body, wanted)

    async def _done(self, body: Payload, wanted: Command | Press) -> Answer | None:
        """Have it done, and show in the modal what came of it."""
        if isinstance(wanted, Command):
            post = await self._engine.command(wanted)
        else:
            reaction = await self._engine.press(wanted)
            post = reaction.replace or (None if reaction.note is None else Post(texts.escape(reaction.note)))
        return _shown(post, body, wanted.key, wanted.author.language)

    async def _open(self, body: Payload, view: views.View) -> None:
        await self._api.call("views.open", trigger_id=body["trigger_id"], view=view)

    async def _show_command(self, body: Payload, command: Command, title: str) -> None:
        key, language = command.key, command.author.language
        waiting = views.modal(Post(texts.MOMENT(language)), title, key, language)
        opened = await self._api.call("views.open", trigger_id=body["trigger_id"], view=waiting)
        try:
            post = await self._engine.command(command)
        except StorageUnavailable:
            post = Post(texts.TRY_AGAIN(language))
        if post is not None:
            shown = views.modal(post, title, key, language)
            await self._update_view(opened["view"], shown)

    async def _show_reaction(self, body: Payload, press: Press, reaction: Reaction) -> None:
        if body.get("view"):
            await self._show_in_view(body["view"], press, reaction)
        elif (body.get("container") or {}).get("is_ephemeral"):
            await self._show_in_ephemeral(str(body["response_url"]), reaction)
        else:
            await self._show_in_message(body, press, reaction)

    async def _show_in_message(self, body: Payload, press: Press, reaction: Reaction) -> None:
        if reaction.replace is not None:
            ref, face = MessageRef(press.key, press.message_id), _first_page(reaction.replace)
            await self._side_calls.make("chat.update", lambda: self._messenger.edit(ref, face))
        if reaction.note is not None:
            key, note = _place_of_note(body, press), reaction.note
            whisper = partial(self._messenger.whisper, key, press.author.id, note)
            await self._side_calls.make("chat.postEphemeral", whisper)

    async def _show_in_ephemeral(self, response_url: str, reaction: Reaction) -> None:
        """An ephemeral message can be changed through the address that came with the press only."""
        if reaction.replace is not None:
            face = {"replace_original": True, **EPHEMERAL, **blocks.message(_first_page(reaction.replace))}
            await self._side_calls.make("response_url", lambda: self._api.respond(response_url, face))
        if reaction.replace is not None and reaction.note is not None:
            await self._clock.sleep(RESPONSE_GAP)
        if reaction.note is not None:
            told = {"replace_original": False, **EPHEMERAL, "text": markup.escape(reaction.note)}
            await self._side_calls.make("response_url", lambda: self._api.respond(response_url, told))

    async def _show_in_view(self, view: Payload, press: Press, reaction: Reaction) -> None:
        if reaction == Reaction():
            return
        shown = dict(view) if reaction.replace is None else _face(view, reaction.replace, press)
        if reaction.note is not None:
            shown = views.with_note(shown, reaction.note)
        await self._update_view(view, shown)

    async def _update_view(self, view: Payload, shown: views.View) -> None:
        """Show another face in the modal."""
        update = partial(self._api.call, "views.update", view_id=view["id"], view=shown)
        await self._side_calls.make("views.update", update)

    def _known(self, body: Payload) -> Profile | None:
        return self._people.known(str(body["user"]["id"]))

    async def _profile(self, body: Payload) -> Profile | None:
        """Who it is, and in what language to answer; after a second without."""
        person = str(body["user"]["id"])
        return (await self._people.profiles([person])).get(person)


def _first_page(post: Post) -> Post:
    """What one message holds; an answer to a press or a command has no second one."""
    head, _ = split(post.text, markup.fits)
    return Post(head, post.rows)


def _place_of_note(body: Payload, press: Press) -> ChatKey:
    """The thread that the pressed message stands in, if it stands in one."""
    thread = (body.get("message") or {}).get("thread_ts")
    return press.key if thread else ChatKey(press.key.platform, press.key.workspace, press.key.channel)


def _shown(post: Post | None, body: Payload, key: ChatKey, language: str) -> Answer | None:
    """The outcome in the modal that was submitted; without one the modal closes."""
    if post is None:
        return None
    return {"response_action": "update", "view": views.modal(post, _title_of(body["view"]), key, language)}


def _face(view: Payload, post: Post, press: Press) -> views.View:
    """The post in the shape of the modal that it takes the place of."""
    return views.modal(post, _title_of(view), press.key, press.author.language)


def _title_of(view: Payload) -> str:
    title: Any = view.get("title") or {}
    return str(title.get("text") or "Threadline")
