"""A stream: a message of the app that grows while the model writes.

The numbers and names are from Slack's reference for chat.startStream, appendStream and stopStream, and from
measurements on real workspaces: nothing here is the SDK's.
"""

from dataclasses import dataclass, field
from typing import Any

from playground.slack.errors import Refusal
from playground.slack.schemas import anything, by_type, choice, several, shape, string

LIFETIME = 300.0
"""Seconds after which Slack closes a stream, appends or not."""

LONGEST_PIECE = 12_000
LONGEST_TEXT = 13_790
"""Characters of a whole stream, cards included; measured, in no document."""

LONGEST_FIELD = 256
MOST_BLOCKS = 50
SOURCES = several(by_type({"url": shape({"type": anything, "text": string(256), "url": string(3000)})}), 100, 0)
FIELD = string(LONGEST_FIELD, 0)
CHUNK = by_type(
    {
        "markdown_text": shape({"type": anything, "text": string(LONGEST_PIECE, 0)}),
        "task_update": shape(
            {
                "type": anything,
                "id": FIELD,
                "title": FIELD,
                "status": choice("pending", "in_progress", "complete", "error"),
            },
            {"details": FIELD, "output": FIELD, "sources": SOURCES},
        ),
        "plan_update": shape({"type": anything, "title": FIELD}),
        "blocks": shape({"type": anything, "blocks": several(anything, MOST_BLOCKS)}),
    }
)
CHUNKS = several(CHUNK, 1000, 0)


@dataclass(eq=False)
class Stream:
    """The state machine: in_progress -> completed, stopped (by a person) or expired."""

    started: float
    state: str = "in_progress"
    mode: str = ""
    text: str = ""
    cards: dict[str, dict[str, Any]] = field(default_factory=dict)
    plan: str = ""
    blocks: list[dict[str, Any]] = field(default_factory=list)
    frames: int = 0

    @property
    def ended(self) -> bool:
        return self.state != "in_progress"

    @property
    def size(self) -> int:
        cards = sum(
            len(str(card.get(name, ""))) for card in self.cards.values() for name in ("title", "details", "output")
        )
        return len(self.text) + cards + len(self.plan)

    def refuse_if_over(self, if_stopped: str) -> None:
        """Refuse where the stream has ended, with a word of its own where a person stopped it."""
        if self.ended:
            raise Refusal(if_stopped if self.state == "stopped" else "message_not_in_streaming_state")

    def take(self, piece: "Piece") -> None:
        """Add what a request brings, or nothing of it: what is refused leaves no trace."""
        if piece.mode and self.mode and piece.mode != self.mode:
            raise Refusal("streaming_mode_mismatch")
        grown = Stream(self.started, mode=piece.mode or self.mode, text=self.text, plan=self.plan)
        grown.cards, grown.blocks = dict(self.cards), list(self.blocks)
        for chunk in piece.chunks:
            grown._take_chunk(chunk)
        if grown.size > LONGEST_TEXT:
            raise Refusal("msg_too_long")
        if len(grown.blocks) > MOST_BLOCKS:
            raise Refusal("msg_blocks_too_many")
        self.mode, self.text, self.plan = grown.mode, grown.text, grown.plan
        self.cards, self.blocks = grown.cards, grown.blocks
        self.frames += 1

    def _take_chunk(self, chunk: dict[str, Any]) -> None:
        if chunk["type"] == "markdown_text":
            self.text += chunk["text"]
        elif chunk["type"] == "task_update":
            self.cards[chunk["id"]] = {**self.cards.get(chunk["id"], {}), **chunk}
        elif chunk["type"] == "plan_update":
            self.plan = chunk["title"]
        else:
            self.blocks.extend(chunk["blocks"])


@dataclass(frozen=True)
class Piece:
    """What one request adds; a text is a chunk in the mode "text"."""

    mode: str
    chunks: tuple[dict[str, Any], ...]


def read_piece(markdown_text: str | None, chunks: Any) -> Piece:
    """Check the two ways in which a request can bring something."""
    if markdown_text is not None and chunks is not None:
        raise Refusal("cannot_provide_both_markdown_text_and_chunks")
    if markdown_text is not None:
        if len(markdown_text) > LONGEST_PIECE:
            raise Refusal("msg_too_long")
        return Piece("text" if markdown_text else "", ({"type": "markdown_text", "text": markdown_text},))
    if chunks is None:
        return Piece("", ())
    return _read_chunks(chunks)


def _read_chunks(chunks: Any) -> Piece:
    if not isinstance(chunks, list):
        raise Refusal("invalid_chunks", "chunks must be a list")
    problems = list(CHUNKS(chunks, "/chunks"))
    if problems:
        raise Refusal("invalid_chunks", *problems)
    if sum(len(chunk["text"]) for chunk in chunks if chunk["type"] == "markdown_text") > LONGEST_PIECE:
        raise Refusal("msg_too_long")
    return Piece("chunks" if chunks else "", tuple(chunks))
