"""What a model is given, and what comes out of it while it writes."""

from dataclasses import dataclass

from bot.engine.chats import Role


@dataclass(frozen=True, slots=True)
class ModelMessage:
    """One entry of the prompt."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A few characters of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the endpoint counted them."""

    prompt: int
    completion: int


@dataclass(frozen=True, slots=True)
class Finish:
    """The model ended by itself; `cut` says that it ran into its length limit."""

    cut: bool = False


ReplyEvent = TextDelta | Usage | Finish
