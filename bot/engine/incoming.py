"""What people do, as the platforms' inbound halves hand it over: cleaned, with nothing of the platform left in it."""

from dataclasses import dataclass

from bot.engine.chats import Author, ChatKey, MessageRef


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """What a person wrote.

    `event_id` is the same for every delivery of the same message, in whatever shape. `addressed` is False where the
    bot may only listen in (a reply in a thread): such a message counts only if a chat lives at `ref.key`.
    `attachments` are the names of files that came with it. `reply_to` is the message of ours that it replies to.
    """

    event_id: str
    ref: MessageRef
    author: Author
    text: str
    addressed: bool = True
    attachments: tuple[str, ...] = ()
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Edited:
    """A message of a person with another text than before; `ref` is that of the message as it was first sent.

    It may be anything that was ever said in the place: whether it was a question to us, the engine knows.
    """

    event_id: str
    ref: MessageRef
    author: Author
    text: str


@dataclass(frozen=True, slots=True)
class Removed:
    """A message of a person that was deleted; it may be anything that was ever said in the place."""

    event_id: str
    ref: MessageRef


@dataclass(frozen=True, slots=True)
class Command:
    """A command as typed: `name` without slash, lower case; unknown names are allowed and get a hint.

    `private` is True where only this person sees the answer: then a list shows all chats of the person in the
    workspace, else those of the channel. `source` is the platform's id of the message that carried the command,
    `about` that of the message that it was given on or in reply to.
    """

    event_id: str
    name: str
    argument: str
    key: ChatKey
    author: Author
    private: bool = False
    source: str | None = None
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Press:
    """A button that was pressed: `data` is what `Button.data` said when it was shown, or anything at all if forged."""

    event_id: str
    data: str
    key: ChatKey
    author: Author
    message_id: str


@dataclass(frozen=True, slots=True)
class TitleChange:
    """A title that a person gave by the platform's own means (a topic, an agent session)."""

    event_id: str
    key: ChatKey
    title: str
