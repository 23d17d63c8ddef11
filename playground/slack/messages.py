"""A message as the workspace keeps it."""

from dataclasses import dataclass, field
from typing import Any

from playground.slack.streams import Stream


@dataclass(eq=False)
class Message:
    """One message. `thread_ts` is empty outside threads; a root has it once there are replies only on the wire.

    `markdown_text` is set where the app sent that (or streamed it) instead of `text` and `blocks`.
    `ephemeral_to` names the only person who sees it. A `tombstone` is a deleted root whose replies are left.
    """

    ts: str
    channel: str
    user: str
    text: str = ""
    blocks: list[dict[str, Any]] = field(default_factory=list)
    markdown_text: str = ""
    thread_ts: str = ""
    bot_id: str = ""
    app_id: str = ""
    subtype: str = ""
    edited: dict[str, str] | None = None
    metadata: dict[str, Any] | None = None
    attachments: list[Any] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    stream: Stream | None = None
    ephemeral_to: str = ""
    tombstone: bool = False

    @property
    def streaming_state(self) -> str:
        """Say "" for an ordinary message, else in_progress, completed, expired or stopped."""
        return self.stream.state if self.stream else ""

    @property
    def author(self) -> str:
        """The user id of who wrote it; of the bot user for an app's message."""
        return self.user

    def wire(self, replies: list["Message"] | None = None, team_id: str = "") -> dict[str, Any]:
        """Show the message as the Web API and events do; a root with its replies has the thread's numbers."""
        if self.tombstone:
            body: dict[str, Any] = {"subtype": "tombstone", "text": "This message was deleted.", "user": "USLACKBOT"}
            return {"type": "message", "ts": self.ts, **body, **self._thread(replies)}
        shown = {"type": "message", "user": self.user, "ts": self.ts, "text": self.wire_text, "team": team_id}
        return {**shown, **self._present(), **self._streaming(), **self.extra, **self._thread(replies)}

    @property
    def wire_text(self) -> str:
        if self.stream:
            return self.stream.text if self.stream.ended else ""
        return self.text or self.markdown_text

    def wire_blocks(self) -> list[dict[str, Any]]:
        """Show the blocks; Slack makes rich text of an app's Markdown."""
        shown = self.wire_text if self.stream or self.markdown_text else ""
        made = [rich_text(shown)] if shown else []
        return [*made, *(self.stream.blocks if self.stream and self.stream.ended else []), *self.blocks]

    def _present(self) -> dict[str, Any]:
        optional: dict[str, Any] = {
            "subtype": self.subtype,
            "bot_id": self.bot_id,
            "app_id": self.app_id,
            "blocks": self.wire_blocks(),
            "thread_ts": self.thread_ts,
            "edited": self.edited,
            "files": self.files,
            "attachments": self.attachments,
            "reactions": [{"name": n, "users": list(u), "count": len(u)} for n, u in self.reactions.items()],
            "is_ephemeral": bool(self.ephemeral_to),
        }
        return {name: value for name, value in optional.items() if value}

    def _streaming(self) -> dict[str, Any]:
        if self.stream is None:
            return {}
        return {"streaming_state": "completed" if self.stream.ended else "in_progress"}

    def _thread(self, replies: list["Message"] | None) -> dict[str, Any]:
        if not replies:
            return {}
        users = list(dict.fromkeys(reply.user for reply in replies))
        numbers = {"reply_count": len(replies), "reply_users_count": len(users), "latest_reply": replies[-1].ts}
        return {"thread_ts": self.ts, **numbers, "reply_users": users, "is_locked": False, "subscribed": False}


def rich_text(text: str) -> dict[str, Any]:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "block_id": "rich", "elements": [section]}
