"""People, and the places where they talk."""

from dataclasses import dataclass, field
from typing import Any

from playground.slack.messages import Message


@dataclass(eq=False)
class Person:
    """A member of the workspace; bots are members too."""

    id: str
    name: str
    handle: str
    team_id: str
    bot_id: str = ""
    app_id: str = ""
    guest: bool = False
    locale: str = "en-US"

    @property
    def is_bot(self) -> bool:
        return bool(self.bot_id)

    @property
    def mention(self) -> str:
        """What a message holds where this person is mentioned."""
        return f"<@{self.id}>"

    def wire(self) -> dict[str, Any]:
        """Show what `users.info` says."""
        profile = {"real_name": self.name, "display_name": "" if self.is_bot else self.name, "team": self.team_id}
        return {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.handle,
            "real_name": self.name,
            "deleted": False,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "is_restricted": self.guest,
            "tz": "Europe/Berlin",
            "tz_label": "Central European Time",
            "tz_offset": 3600,
            "profile": {**profile, **({"bot_id": self.bot_id, "api_app_id": self.app_id} if self.is_bot else {})},
        }

    def short(self) -> dict[str, Any]:
        """Show the person as interactions do."""
        return {"id": self.id, "username": self.handle, "name": self.handle, "team_id": self.team_id}


CHANNEL_TYPES = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}
"""Kinds of places, with the word that scopes and subscriptions have for them."""


@dataclass(eq=False)
class Channel:
    """A place for messages. `kind` is channel (public), group (private), im or mpim, as in `channel_type`.

    `restricted` is the error that posting gets there, for example `restricted_action_read_only_channel`.
    """

    id: str
    name: str
    kind: str = "channel"
    members: dict[str, Person] = field(default_factory=dict)
    bot_in: bool = True
    archived: bool = False
    restricted: str = ""
    topic: str = ""
    creator: str = ""
    created: int = 0
    messages: dict[str, Message] = field(default_factory=dict)

    @property
    def is_private(self) -> bool:
        return self.kind != "channel"

    @property
    def scope_word(self) -> str:
        return CHANNEL_TYPES[self.kind]

    def replies(self, root_ts: str) -> list[Message]:
        """List the replies of a thread, oldest first, without its root."""
        return [m for m in self.messages.values() if m.thread_ts == root_ts and m.ts != root_ts]

    def wire(self) -> dict[str, Any]:
        """Show what `conversations.info` says."""
        shown: dict[str, Any] = {
            "id": self.id,
            "created": self.created,
            "is_archived": self.archived,
            "is_channel": self.kind == "channel",
            "is_group": self.kind == "group",
            "is_im": self.kind == "im",
            "is_mpim": self.kind == "mpim",
            "is_private": self.is_private,
        }
        if self.kind == "im":
            return {**shown, "user": next(iter(self.members)), "is_open": True}
        topic = {"value": self.topic, "creator": "", "last_set": 0}
        return {**shown, "name": self.name, "creator": self.creator, "is_member": self.bot_in, "topic": topic}
