"""What people do in Slack, and what they see of it."""

import uuid
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playground.slack.arguments import Arguments
from playground.slack.errors import NotPossible
from playground.slack.installations import revoke, uninstall
from playground.slack.messages import Message
from playground.slack.methods_oauth import consent
from playground.slack.methods_streams import stop_by_person
from playground.slack.places import Channel, Person
from playground.slack.typing_texts import as_rich_text, encoded
from playground.slack.workspace import Workspace

LONGEST_TYPED = 40_000


class People:
    """The actions that reach the app as events, one method each."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    async def post(
        self, person: Person, channel: Channel, text: str, thread_ts: str | None = None, **extra: Any
    ) -> str:
        """Write a message, in a thread where one is given, and give its `ts`.

        The text is what is typed; mentions, channels and links may stand in it in Slack's own writing (`<@U…>`).
        `extra` goes into the message as it is: `subtype`, `files`, `app_context`.
        """
        if text.startswith("/") and not person.is_bot:
            raise NotPossible("a text that begins with / is a command for the client")
        self._refuse_outsider(person, channel)
        root = self.workspace.root(channel, thread_ts).ts if thread_ts else ""
        message = self._typed(person, channel, text[:LONGEST_TYPED], root)
        message.subtype = extra.pop("subtype", "")
        message.files = extra.pop("files", [])
        message.extra |= extra
        return self.workspace.post(channel, message).ts

    async def upload(
        self,
        person: Person,
        channel: Channel,
        name: str,
        data: bytes,
        text: str = "",
        thread_ts: str | None = None,
        *,
        stubs: bool = False,
    ) -> str:
        """Post a file; with `stubs` the event has only its id, as in channels shared with another company."""
        file = self.workspace.new_file(name, person.id)
        file.bytes, file.shared, file.places = data, True, {channel.id}
        shown = file.stub() if stubs else file.wire(self.workspace.base_url)
        return await self.post(person, channel, text, thread_ts, subtype="file_share", files=[shown])

    async def delete_file(self, person: Person, file_id: str) -> None:
        """Delete a file of one's own; where it stood there is a tombstone."""
        file = self.workspace.files[file_id]
        if file.user != person.id:
            raise NotPossible("only its owner can delete a file")
        self.workspace.remove_file(file)

    async def edit(self, person: Person, channel: Channel, ts: str, text: str) -> None:
        """Change a message of one's own."""
        message = self._own(person, channel, ts)
        before = self.workspace.wire(channel, message)
        message.text = encoded(text)
        message.blocks = as_rich_text(message.text)
        message.edited = {"user": person.id, "ts": self.workspace.stamps.new()}
        self.workspace.change(channel, message, before)

    async def delete_message(self, person: Person, channel: Channel, ts: str) -> None:
        """Delete a message of one's own."""
        self.workspace.remove(channel, self._own(person, channel, ts))

    async def react(self, person: Person, channel: Channel, ts: str, name: str) -> None:
        """React with an emoji, once with each."""
        message = channel.messages[ts]
        if person.id in message.reactions.get(name, []):
            raise NotPossible(f"{person.name} reacted so already")
        self.workspace.react(message, person.id, name)

    async def unreact(self, person: Person, channel: Channel, ts: str, name: str) -> None:
        """Take a reaction of one's own back."""
        message = channel.messages[ts]
        if person.id not in message.reactions.get(name, []):
            raise NotPossible(f"{person.name} did not react so")
        self.workspace.unreact(message, person.id, name)

    async def join(self, person: Person, channel: Channel) -> None:
        """Join a channel; somebody who is there already joins once more, which only tests do."""
        channel.members[person.id] = person
        self._housekeeping(person, channel, "channel_join", f"{person.mention} has joined the channel")
        self._membership("member_joined_channel", person, channel)

    async def leave(self, person: Person, channel: Channel) -> None:
        channel.members.pop(person.id, None)
        self._housekeeping(person, channel, "channel_leave", f"{person.mention} has left the channel")
        self._membership("member_left_channel", person, channel)

    async def set_topic(self, person: Person, channel: Channel, topic: str) -> None:
        channel.topic = topic
        self._housekeeping(person, channel, "channel_topic", f"set the channel topic: {topic}", topic=topic)

    async def rename_channel(self, person: Person, channel: Channel, name: str) -> None:
        old, channel.name = channel.name, name
        text = f'has renamed the channel from "{old}" to "{name}"'
        self._housekeeping(person, channel, "channel_name", text, old_name=old, name=name)
        shown = {"id": channel.id, "name": name, "created": channel.created}
        self._place_event("channel_rename", channel, channel=shown)

    async def archive(self, person: Person, channel: Channel) -> None:
        self._housekeeping(person, channel, "channel_archive", "archived the channel")
        self._place_event("channel_archive", channel, channel=channel.id, user=person.id)
        channel.archived = True

    async def unarchive(self, person: Person, channel: Channel) -> None:
        channel.archived = False
        self._housekeeping(person, channel, "channel_unarchive", "un-archived the channel")
        self._place_event("channel_unarchive", channel, channel=channel.id, user=person.id)

    async def invite(self, person: Person, channel: Channel) -> None:
        """Bring the app into a channel."""
        channel.bot_in = True
        bot = self.workspace.bot
        text = f"{bot.mention} has joined the channel"
        self._housekeeping(bot, channel, "channel_join", text, inviter=person.id)
        self._membership("member_joined_channel", bot, channel, inviter=person.id)

    async def kick(self, person: Person, channel: Channel) -> None:
        """Take the app out of a channel; it hears no more of it."""
        channel.bot_in = False
        text = f"{self.workspace.bot.mention} has left the channel"
        self._housekeeping(person, channel, "channel_leave", text)

    async def open_home(self, person: Person) -> None:
        """Open the app's Home tab."""
        if not self.workspace.app.home_tab:
            raise NotPossible("the app has no Home tab")
        self._opened(person, "home")

    async def open_messages_tab(self, person: Person) -> None:
        """Open the app's Messages tab."""
        if not self.workspace.app.messages_tab:
            raise NotPossible("the app has no Messages tab")
        self._opened(person, "messages")

    async def look_at(self, person: Person, channel: Channel) -> None:
        """Have a channel open beside the app's Messages tab; an agent is told."""
        entity = {"type": "slack#/types/channel_id", "value": channel.id, "team_id": self.workspace.team_id}
        self.workspace.contexts[person.id] = [entity]
        event = {"type": "app_context_changed", "user": person.id, "channel": self.workspace.dm(person).id}
        context = {"context": {"entities": [entity]}, "event_ts": self.workspace.stamps.new()}
        if self.workspace.app.agent_view:
            self.workspace.emit({**event, **context})

    async def rename_session(self, person: Person, channel: Channel, thread_ts: str, title: str) -> None:
        """Rename a thread's agent session in Slack's own list."""
        session = self.workspace.sessions.at(channel.id, thread_ts)
        if session is None or not self.workspace.app.sessions:
            raise NotPossible("there is no agent session to rename")
        before, session.title = session.title, title
        told = {"title": title, **({"previous_title": before} if before else {})}
        self._session_event("agent_session_title_changed", person, channel, thread_ts, **told)

    async def press_stop(self, person: Person, channel: Channel, thread_ts: str) -> list[str]:
        """Press Slack's own Stop; it ends the thread's streams before the app hears of it. Gives their `ts`."""
        session = self.workspace.sessions.at(channel.id, thread_ts)
        if session is None or session.state != "processing" or not self.workspace.app.hears("agent_session_stopped"):
            raise NotPossible("there is no Stop button")
        ended = stop_by_person(self.workspace, channel, thread_ts)
        self._session_event("agent_session_stopped", person, channel, thread_ts, streaming_message_ts=ended)
        return ended

    async def uninstall(self) -> None:
        """Remove the app from the workspace: two events in any order, and a token that is worth nothing."""
        uninstall(self.workspace)

    async def revoke_token(self) -> None:
        """Take the bot token away; the app stays installed."""
        revoke(self.workspace)

    async def allow(self, person: Person, url: str) -> str:
        """Allow what an address of /oauth/v2/authorize asks for; give the address that the browser is sent to."""
        return consent(self.workspace, person.id, Arguments(dict(parse_qsl(urlsplit(url).query))))

    def _typed(self, person: Person, channel: Channel, text: str, thread_ts: str) -> Message:
        written = text if person.is_bot else encoded(text)
        message = Message(self.workspace.stamps.new(), channel.id, person.id, written, as_rich_text(written))
        message.thread_ts, message.bot_id, message.app_id = thread_ts, person.bot_id, person.app_id
        if not person.is_bot:
            message.extra["client_msg_id"] = str(uuid.UUID(int=self.workspace.dice.getrandbits(128)))
        return message

    def _refuse_outsider(self, person: Person, channel: Channel) -> None:
        if person.id not in channel.members:
            raise NotPossible(f"{person.name} is not in this conversation")
        if channel.archived:
            raise NotPossible("the channel is archived")
        app = self.workspace.app
        if channel.kind == "im" and (app.messages_read_only or not app.messages_tab):
            raise NotPossible("Sending messages to this app has been turned off.")

    def _own(self, person: Person, channel: Channel, ts: str) -> Message:
        message = channel.messages[ts]
        if message.user != person.id:
            raise NotPossible("only its author can change a message")
        return message

    def _housekeeping(self, person: Person, channel: Channel, subtype: str, text: str, **extra: Any) -> None:
        message = Message(self.workspace.stamps.new(), channel.id, person.id, text, subtype=subtype, extra=extra)
        self.workspace.post(channel, message)

    def _membership(self, kind: str, person: Person, channel: Channel, **extra: Any) -> None:
        where = {"channel": channel.id, "channel_type": channel.id[0], "team": self.workspace.team_id}
        stamp = self.workspace.stamps.new()
        self.workspace.emit({"type": kind, "user": person.id, **where, **extra, "event_ts": stamp}, channel)

    def _place_event(self, kind: str, place: Channel, **extra: Any) -> None:
        """Tell of a change to the place itself; a private one's events begin with another word."""
        name = kind.replace("channel", "group", 1) if place.kind == "group" else kind
        self.workspace.emit({"type": name, **extra, "event_ts": self.workspace.stamps.new()}, place)

    def _opened(self, person: Person, tab: str) -> None:
        home = self.workspace.views.home(person.id)
        event = {"type": "app_home_opened", "user": person.id, "channel": self.workspace.dm(person).id, "tab": tab}
        entities = self.workspace.contexts.get(person.id, [])
        context: dict[str, Any] = {"context": {"entities": entities}} if tab == "messages" else {}
        view = {"view": home} if home and tab == "home" else {}
        self.workspace.emit({**event, **context, **view, "event_ts": self.workspace.stamps.new()})

    def _session_event(self, kind: str, person: Person, channel: Channel, thread_ts: str, **extra: Any) -> None:
        event = {"type": kind, "channel": channel.id, "user": person.id, "team_id": self.workspace.team_id}
        stamp = self.workspace.stamps.new()
        self.workspace.emit({**event, "thread_ts": thread_ts, **extra, "event_ts": stamp}, channel)
        self.workspace.changes.notify()
