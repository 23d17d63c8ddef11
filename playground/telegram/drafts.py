"""Drafts: texts that a person sees being written, and that vanish by themselves."""

from dataclasses import dataclass, field
from typing import Any

from playground.clock import Clock
from playground.telegram.chats import Chat

LIFETIME = 30.0
Place = tuple[int, int | None]


@dataclass(frozen=True)
class DraftFrame:
    """One state of a draft, as it was sent; of a rich one `text` is what a person reads."""

    chat_id: int
    thread: int | None
    draft_id: int
    text: str
    entities: list[dict[str, Any]] = field(default_factory=list, hash=False)
    time: float = 0.0
    can_stop: bool = False
    keep_on_stop: bool = False
    rich_message: dict[str, Any] | None = field(default=None, hash=False)


class Drafts:
    """Keeps the draft of each chat and topic for 30 seconds after its last frame, and every frame for the tests."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.frames: list[DraftFrame] = []
        self._shown: dict[Place, DraftFrame] = {}
        self._stopped: set[tuple[int, int | None, int]] = set()

    def show(self, frame: DraftFrame) -> None:
        """Show a frame; those of a draft that the person stopped are taken and not shown."""
        self.frames.append(frame)
        if (frame.chat_id, frame.thread, frame.draft_id) not in self._stopped:
            self._shown[frame.chat_id, frame.thread] = frame

    def visible(self, chat: Chat, thread: int | None = None) -> DraftFrame | None:
        frame = self._shown.get((chat.id, thread))
        return frame if frame and self.clock.now() - frame.time <= LIFETIME else None

    def clear(self, chat: Chat, thread: int | None) -> None:
        self._shown.pop((chat.id, thread), None)

    def stop(self, frame: DraftFrame) -> None:
        """End a draft at the person's wish; what it shows stays only where the bot asked for that."""
        self._stopped.add((frame.chat_id, frame.thread, frame.draft_id))
        if not frame.keep_on_stop:
            self._shown.pop((frame.chat_id, frame.thread), None)
