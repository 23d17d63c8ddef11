"""response_url: the address that comes with a command or a press, good for five answers within thirty minutes."""

from dataclasses import dataclass
from typing import Any

from playground.slack.arguments import Arguments
from playground.slack.contents import makes_mentions, read_content
from playground.slack.errors import Refusal
from playground.slack.messages import Message
from playground.slack.methods_chat import app_message, show
from playground.slack.places import Channel, Person
from playground.slack.rates import RESPONSE_GAP, Limit
from playground.slack.workspace import Workspace

LIFETIME = 1800.0
MOST_USES = 5


@dataclass(eq=False)
class ResponseUrl:
    """`original` is the message that replacing and deleting mean; a command has none until it was answered."""

    id: str
    person: Person
    channel: Channel
    expires: float
    original: Message | None
    seen: list[dict[str, Any]]
    uses: int = 0


class Responses:
    """The addresses that were given out. `seen` of one is what its person saw come back, in order."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._given: dict[str, ResponseUrl] = {}

    def new(self, person: Person, channel: Channel, original: Message | None = None) -> ResponseUrl:
        expires = self._workspace.clock.now() + LIFETIME
        made = ResponseUrl(self._workspace.ids.new("R", 20), person, channel, expires, original, [])
        self._given[made.id] = made
        return made

    def address(self, given: ResponseUrl) -> str:
        return f"{self._workspace.base_url}/response/{given.id}"

    def use(self, id_: str, args: Arguments) -> None:
        """Do what a request to one of the addresses asks for."""
        given = self._given.get(id_)
        if given is None:
            raise Refusal("invalid_url")
        if self._workspace.clock.now() > given.expires:
            raise Refusal("expired_url")
        if given.uses >= MOST_USES:
            raise Refusal("used_url")
        self._workspace.rates.take(Limit(("response_url", id_), 1, RESPONSE_GAP))
        self.answer(given, args)
        given.uses += 1

    def answer(self, given: ResponseUrl, args: Arguments) -> None:
        """Show an answer: in place of the original, instead of it, or as a message of its own."""
        if args.flag("delete_original"):
            self._delete(self._original(given))
            given.seen.append({"delete_original": True})
        elif args.flag("replace_original"):
            self._replace(self._original(given), args)
            given.seen.append(args.values)
        else:
            self._add(given, args)
            given.seen.append(args.values)
        self._workspace.changes.notify()

    def reply(self, given: ResponseUrl, args: Arguments) -> None:
        """Show what came with the acknowledgement: it comes first, even where a later answer was quicker."""
        given.original, seen = None, len(given.seen)
        self.answer(given, args)
        given.seen.insert(0, given.seen.pop(seen))

    def _original(self, given: ResponseUrl) -> Message:
        if given.original is None:
            raise Refusal("message_not_found")
        return given.original

    def _delete(self, message: Message) -> None:
        if message.ephemeral_to:
            self._workspace.ephemerals.remove(message)
        else:
            self._workspace.remove(self._workspace.channels[message.channel], message)

    def _replace(self, message: Message, args: Arguments) -> None:
        channel, content = self._workspace.channels[message.channel], read_content(args)
        before = self._workspace.wire(channel, message)
        show(message, content)
        self._workspace.note_mentions(message, "response_url", link_names=makes_mentions(args, "none"))
        if not message.ephemeral_to:
            self._workspace.change(channel, message, before)

    def _add(self, given: ResponseUrl, args: Arguments) -> None:
        kind = args.text("response_type", "ephemeral")
        if kind not in ("ephemeral", "in_channel"):
            raise Refusal("invalid_arguments", "unknown response_type")
        thread_ts = self._workspace.root(given.channel, args.needed("thread_ts")).ts if "thread_ts" in args else ""
        message = app_message(self._workspace, given.channel, read_content(args), thread_ts)
        self._workspace.note_mentions(message, "response_url", link_names=makes_mentions(args, "none"))
        given.original = given.original or message
        if kind == "in_channel":
            self._workspace.post(given.channel, message)
        else:
            message.ephemeral_to = given.person.id
            self._workspace.ephemerals.append(message)
