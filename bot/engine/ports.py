"""What the engine needs from the outside. Working fakes for each are in `bot.engine.testing`."""

from asyncio import Event
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Protocol, Self, TypeVar

from bot.engine.budgets import Account, Ask, Budget, Budgets, Way
from bot.engine.chats import Author, Chat, ChatFilter, ChatKey, Cursor, ListedChat, MessageRef, Preferences, TitleSource
from bot.engine.orders import Order
from bot.engine.posts import Post
from bot.engine.replies import ModelMessage, ReplyEvent
from bot.engine.search import SearchHit, SearchQuery
from bot.engine.turns import Started, Turn, TurnStatus

T = TypeVar("T")


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since the epoch."""

    async def sleep(self, seconds: float) -> None: ...


class Ledger(Protocol):
    """What is spent of each budget; all processes that share a database keep one.

    A storage that is away holds up no call: then each process keeps its own.
    """

    async def ask(self, asks: Sequence[Ask]) -> list[float]:
        """Let them spend, the first ones first: 0 where it is done, else the seconds until there may be room."""

    async def close(self, budgets: Budgets, seconds: float, *, refused: bool) -> None:
        """Let nobody spend of these for so long, also after a restart. Trust them less where a call was `refused`."""

    def live(self, way: Way, number: int) -> None:
        """Count so many live replies of this process more, or fewer, than before."""

    def seen(self, budget: Budget) -> tuple[Account, float]:
        """The account as this process knows it, and the moment on the ledger's clock."""


class LLM(Protocol):
    def stream(self, messages: Sequence[ModelMessage], *, max_tokens: int | None = None) -> AsyncGenerator[ReplyEvent]:
        """Ask the model; ends with one `Finish`, or raises a `ModelError`. Closing the generator stops the model."""


class Meter(Protocol):
    """Counts what operators watch. Never raises, never blocks."""

    def turn_ended(self, platform: str, status: TurnStatus, seconds: float) -> None: ...

    def first_text(self, platform: str, seconds: float) -> None:
        """From the person's message being accepted to the first words standing on the platform."""

    def call(self, platform: str, method: str, outcome: str) -> None:
        """One call to a platform; `outcome` is ok, rate_limited, unavailable, gone or refused."""


class ChatStore(Protocol):
    """The chats, inside one unit of work."""

    async def get(self, chat_id: int) -> Chat | None: ...

    async def current(self, key: ChatKey) -> Chat | None:
        """The chat that gets new messages at this place."""

    async def add(self, key: ChatKey, owner: str, now: datetime) -> Chat:
        """A new chat, which becomes the current one of its place, with what its owner prefers for new chats."""

    async def prefer(self, chat_id: int, preferences: Preferences) -> None:
        """Have this chat answered so from now on."""

    async def preferred(self, place: ChatKey, person: str) -> Preferences:
        """What the person prefers for new chats in the workspace of `place`."""

    async def prefer_for_new(self, place: ChatKey, person: str, preferences: Preferences) -> None:
        """Note what the person prefers for new chats; those there are stay as they are."""

    async def make_current(self, chat_id: int) -> None: ...

    async def rename(self, chat_id: int, title: str, source: TitleSource) -> bool:
        """Set the title. An automatic one is set only where there is none or an automatic one; False if not set."""

    async def mark_gone(self, chat_id: int, gone: bool) -> None:
        """Note that nothing can be posted in the chat's place, or that it can be again."""

    async def delete(self, chat_id: int) -> None:
        """Remove the chat with its messages, turns and posts."""

    async def list_of(
        self, which: ChatFilter, limit: int, cursor: Cursor | None = None, backwards: bool = False
    ) -> list[ListedChat]:
        """Chats of a person, pinned ones first, then the newest first; those after the cursor.

        Backwards it is those before the cursor, the nearest ones, in the same order. Takes as long in a large database
        as in a small one.
        """

    async def listed(self, chat_id: int, person: str) -> ListedChat | None:
        """The chat as this person has it in their list; None for whoever takes no part in it.

        Who began a chat and who asked in it takes part.
        """

    async def pin(self, chat_id: int, person: str, pinned: bool) -> None:
        """Put the chat on top of this person's list, or back among the others; a pinned one is in no archive."""

    async def archive(self, chat_id: int, person: str, archived: bool) -> None:
        """Put the chat into this person's archive, where nothing is pinned, or take it out; so does a new question."""

    async def await_title(self, place: ChatKey, person: str, chat_id: int) -> None:
        """Note that this person is asked for the chat's new title, and for no other in this channel any more."""

    async def asked_for_title(self, ref: MessageRef, person: str) -> None:
        """Note which message asked; until then any may be it, for people can be quicker than our network."""

    async def awaited_title(self, ref: MessageRef, person: str) -> Chat | None:
        """The chat whose title this person was asked for by this message; it is asked for no more."""

    async def untitled(self, since: datetime) -> list[Chat]:
        """Chats begun after `since` that have no title yet."""

    async def add_post(self, chat_id: int, message_id: str) -> None:
        """Remember a platform message of ours that belongs to the chat but to no turn."""

    async def posts(self, chat_id: int) -> list[str]:
        """Every platform message of ours in this chat, replies included, oldest first."""


class TurnStore(Protocol):
    """The turns and their messages, inside one unit of work."""

    async def ask(self, chat_id: int, text: str, author: Author, source: str | None, now: datetime) -> Turn:
        """Store a question as a message and its queued turn, and move the chat to the top of the lists.

        Questions of a chat that nobody has begun with are kept in the order of their `source`, the platform's number:
        two that were written one after the other can arrive in the other order. So it may be another turn of the
        chat that gets this question, and the turn given back may hold an earlier one.
        """

    async def ask_again(self, turn: Turn, now: datetime) -> Turn:
        """A queued turn for the same question, which stands instead of `turn` and takes over its replies.

        Those of a turn that has not ended it takes over only when it is taken up itself. The chat as above.
        """

    async def stand(self, turn: Turn) -> bool:
        """Have this ended variant stand: it takes over the replies, and is to be shown over them.

        False, and nothing is changed, where its question is not the chat's newest any more, or where what stands there
        now has not ended or is not shown yet.
        """

    async def get(self, turn_id: int) -> Turn | None: ...

    async def last(self, chat_id: int) -> Turn | None:
        """The turn that stands for the newest question of the chat."""

    async def first(self, chat_id: int) -> Turn | None: ...

    async def all_of(self, chat_id: int) -> list[Turn]:
        """Every turn of the chat, replaced ones too, oldest first."""

    async def put_back(self, turn: Turn) -> Turn:
        """Store an ended turn as it was, shown and without replies; nothing is queued, and the chat moves up to it.

        It gets a new number, and so do its answer and, where the question's number is 0, its question. Raises
        StorageUnavailable where the chat was deleted meanwhile.
        """

    async def asked_in(self, key: ChatKey, source: str) -> Turn | None:
        """The turn that stands for the question which this message of a person is, in whichever chat of the place."""

    async def told_in(self, key: ChatKey, message_id: str) -> Turn | None:
        """The standing turn that this message at the place belongs to: a person's question, or a page of our reply."""

    async def copy(self, turn: Turn, chat_id: int, *, before: bool = False) -> int:
        """Copy the turns up to and with this one, or only those `before` it, into an empty chat; how many it were.

        Those that are over, stand and have an answer are copied, as shown: messages on the platform they have none.
        """

    async def note_edit(self, turn: Turn, text: str) -> None:
        """Remember what the question was changed to, which stays as it is."""

    async def noted_edit(self, turn: Turn) -> str | None: ...

    async def rate(self, turn: Turn, person: str, good: bool, now: datetime) -> None:
        """Note what this person thinks of the answer; of two opinions the later one counts."""

    async def ratings(self, turn: Turn) -> dict[str, bool]:
        """Who thinks that the answer is a good one, and who does not."""

    async def remove(self, turn: Turn) -> None:
        """Remove the turn's question with every answer to it, and what is known of the messages that show one."""

    async def reword(self, turn: Turn, text: str) -> None:
        """Change the question's text in place, for every answer to it."""

    async def waiting(self) -> list[tuple[int, int]]:
        """(chat id, turn id) of every turn that has not ended or is not shown yet, oldest first."""

    async def start(self, turn_id: int, most: int = 0) -> Started | None:
        """Take the turn up: it has one try more, and a queued one runs. One that is shown stays as it is.

        So many turns of its history go along, at `most`.
        None if it was deleted. From here on nobody who took it up before can write: the methods below, given a turn
        with fewer tries than are stored, raise TakenOver.
        """

    async def save_replies(self, turn: Turn, replies: Sequence[str]) -> bool:
        """Store the platform messages in page order; False if the turn was deleted."""

    async def save_partial(self, turn: Turn, text: str) -> None:
        """Keep what the model wrote so far and put the turn back to queued (for a stop in the middle)."""

    async def end(self, turn: Turn, status: TurnStatus, text: str, failure: str | None, now: datetime) -> bool:
        """Store the answer (an empty one makes no message) and the final status; False if the turn was deleted."""

    async def mark_shown(self, turn: Turn) -> None: ...

    async def ask_to_stop(self, chat_id: int) -> bool:
        """Note that the turn which was taken up in this chat and has not ended shall end; False if there is none."""

    async def cancel_queued(self, chat_id: int) -> list[Turn]:
        """End the turns of a chat that nobody took up yet as cancelled; nothing of them is shown."""


class SearchStore(Protocol):
    """Finding chats by their titles and messages, inside one unit of work.

    What the other stores write can be found at once. What was imported or edited has to be put in by whoever did it.
    """

    async def find(
        self, which: ChatFilter, query: SearchQuery, limit: int, before: int | None = None
    ) -> list[SearchHit]:
        """The chats of this person in which it stands, archived or not, each with the newest place where it does.

        Newest place first; those before the hit with the id `before`. Takes as long in a large database as in a small
        one, and finds nothing of chats that the person takes no part in.
        """

    async def index_message(self, chat_id: int, message_id: int, content: str) -> None:
        """Have the stored message found by this text, and by no former one."""

    async def index_title(self, chat_id: int, title: str) -> None: ...

    async def catch_up(self, newest: int) -> int:
        """Put in what of the newest messages, so many, an older version stored without; how many there were."""


class EventLog(Protocol):
    """The platforms' events that were taken in, inside one unit of work."""

    async def claim(self, event_id: str, now: datetime) -> bool:
        """Store the event; False if it was stored before."""

    async def put_aside(self, event_id: str, problem: str, now: datetime) -> None:
        """Store a broken event with what is wrong with it; never its content."""

    async def forget(self, before: datetime) -> int:
        """Drop what is older; how many."""

    async def offset(self, name: str) -> int:
        """The stored position of a poller; 0 where there is none."""

    async def move_offset(self, name: str, value: int) -> None: ...


class OrderStore(Protocol):
    """What is still to be done on the platforms, inside one unit of work."""

    async def add_deletion(self, ref: MessageRef, now: datetime) -> None:
        """Have the message taken away; the order outlives its chat."""

    async def add_title(self, chat_id: int, now: datetime) -> None:
        """Have the chat's title shown. Nothing where there is no chat.

        One order a chat: where there is one already it stays due as it is. So of two titles only one is under way to
        the platform at a time, and the newer one comes last.
        """

    async def take(self, platforms: Sequence[str], now: datetime, until: datetime) -> list[Order]:
        """Some of the orders for these platforms that are due, oldest first; they are due again only at `until`."""

    async def put_off(self, order: Order, until: datetime) -> None:
        """Have it tried again then."""

    async def done(self, order: Order, now: datetime) -> None:
        """Forget it; one that was ordered anew meanwhile is due now."""


class LeaseStore(Protocol):
    """What only one process may do at a time, inside one unit of work. The time is the database's, where it has one."""

    async def hold(self, name: str, holder: str, seconds: float) -> bool:
        """Take the lease, or renew it, for so many seconds from now; False where somebody else has it."""

    async def guard(self, name: str, holder: str) -> bool:
        """Whether nobody took the lease since this holder had it last; until this unit of work ends nobody can."""

    async def release(self, name: str, holder: str) -> None:
        """Leave the lease to others, if this holder has it."""


class UnitOfWork(AbstractAsyncContextManager["UnitOfWork"], Protocol):
    """One transaction. Leaving the block without `commit()` rolls back. Raises StorageUnavailable."""

    @property
    def chats(self) -> ChatStore: ...

    @property
    def turns(self) -> TurnStore: ...

    @property
    def search(self) -> SearchStore: ...

    @property
    def events(self) -> EventLog: ...

    @property
    def orders(self) -> OrderStore: ...

    @property
    def leases(self) -> LeaseStore: ...

    async def __aenter__(self) -> Self: ...

    async def commit(self) -> None: ...

    async def only(self, change: Awaitable[T]) -> T:
        """Await the one change that this unit of work consists of, and commit it.

        As good as `await change` and `commit()`, and cheaper. A change is one call of a store's method; calls that only
        read may follow it. Two changes would not stand or fall together.
        """

    def after_commit(self, call: Callable[[], None]) -> None:
        """Have `call` made once this transaction stands; dropped with a roll-back."""


Storage = Callable[[], UnitOfWork]


@dataclass(frozen=True, slots=True)
class Claim:
    """A turn in a worker's hands; `stop` is set when somebody wants it to end.

    `holds` says whether the turn is still this worker's: one that was frozen finds that it is not.
    """

    turn_id: int
    stop: Event = field(default_factory=Event)
    holds: Callable[[], bool] = lambda: True


MOST_RUNNING = 256
"""Turns that one process handles at once: it keeps up with 200 models that write 40 words a second."""


class TurnQueue(Protocol):
    """Where accepted turns wait. Per chat one at a time in the order of arrival, chats side by side, at least once."""

    async def put(self, work: UnitOfWork, turn: Turn) -> None:
        """Queue the turn in the caller's transaction."""

    async def run(self, handler: Callable[[Claim], Awaitable[None]]) -> None:
        """Serve until stopped, beginning with what an earlier process left. A handler's error ends its turn only.

        After StorageUnavailable the turn keeps its place, and is handled again soon.
        """

    async def cancel(self, work: UnitOfWork, chat_id: int) -> None:
        """Set the stop event of the turn that runs in this chat, if any, once the caller's transaction stands."""

    async def stop(self, grace: float) -> None:
        """Take no more turns, let running ones finish for `grace` seconds, cancel the rest."""


class Kind(Enum):
    """The calls to a platform that belong to no growing reply."""

    SEND = auto()
    EDIT = auto()
    DELETE = auto()
    TITLE = auto()
    WORKING = auto()
    IDLE = auto()
    WAITING = auto()
    NO_MORE_WAITING = auto()
    PLACE = auto()
    FILE = auto()


class Page(Protocol):
    """One page of a growing reply, shown in one of the platform's ways. One call of it at a time."""

    @property
    def ref(self) -> MessageRef | None:
        """The message, once it stands as one: what is only a preview has none."""

    @property
    def unsure(self) -> bool:
        """Whether a message may stand that `ref` does not know: the answer to a call was lost."""

    def spends(self, last: bool) -> Budgets:
        """What the next call spends: of a preview, or (`last`) of the text that stays."""

    def can_begin(self, post: Post) -> bool:
        """Whether a first preview of this would show anything; where it would not, none is asked for."""

    async def show(self, post: Post, last: bool) -> bool:
        """Make the next call, if one is needed, to have the page show this; False if it takes another one.

        A way that fails is given up for another: then False, too. Raises a DeliveryError, StoppedByPerson among them.
        """


class Messenger(Protocol):
    """The outgoing half of an adapter. Where a method raises, then a `DeliveryError`."""

    @property
    def platform(self) -> str: ...

    def budgets(self, key: ChatKey, kind: Kind) -> Budgets:
        """What such a call spends at this place."""

    @property
    def takes_feedback(self) -> bool:
        """Whether people are asked under an answer if it is a good one: by buttons of the platform's own for that."""

    def holds_chats(self, key: ChatKey) -> bool:
        """Whether a chat can live at this place itself."""

    def opens_places(self, key: ChatKey) -> bool:
        """Whether a new chat can get a place of its own there, by a call."""

    def ways(self, key: ChatKey) -> Sequence[Way]:
        """How a reply can grow at this place, best first; the last one is always possible, and shows a whole text."""

    def page(self, key: ChatKey, way: Way, reply_to: str | None = None, mark: str | None = None) -> Page:
        """A new page, of which nothing is shown yet. `reply_to` and `mark` as in `send`."""

    def page_of(self, ref: MessageRef) -> Page:
        """The page that a message of an earlier try is."""

    def split(self, markdown: str, tightness: int = 0) -> tuple[str, str]:
        """The Markdown of the first page, and what goes on after it ("" if all fits on one).

        With each step of `tightness` pages are half as long: for a platform that finds them too long all the same.
        """

    async def send(self, key: ChatKey, post: Post, reply_to: str | None = None, mark: str | None = None) -> MessageRef:
        """Post anew. `reply_to` is the message answered, quoted where the platform's people expect it.

        `mark`, a few unseen characters, is what `find` finds the message by, where the platform can carry it.
        """

    async def send_file(
        self, key: ChatKey, name: str, content: bytes, comment: str, reply_to: str | None = None
    ) -> MessageRef:
        """Post a file with a few plain words of ours beside it. `delete` takes it away, words and all.

        Raises PermissionMissing where the bot may send texts there, but no files.
        """

    async def find(self, key: ChatKey, mark: str, after: str | None) -> MessageRef | None:
        """The message of ours with this mark that was posted after the message `after`.

        None where there is none, and where the platform cannot tell: then it is unknown whether a send whose answer
        was lost has arrived.
        """

    async def edit(self, ref: MessageRef, post: Post) -> None:
        """Make the message show this. "Not modified" is a success."""

    async def delete(self, ref: MessageRef) -> None: ...

    async def show_working(self, key: ChatKey) -> None:
        """Tell people that an answer is on its way, by the platform's own means."""

    @property
    def working_lasts(self) -> float:
        """Seconds after which the sign of work goes by itself, and has to be shown again."""

    async def show_idle(self, key: ChatKey) -> None:
        """Take the sign of work away again, where it does not go with the answer's first words."""

    async def show_waiting(self, ref: MessageRef, waiting: bool) -> None:
        """Mark a person's message as heard but not yet begun with, or take the mark away. Doing so twice is fine."""

    async def show_title(self, key: ChatKey, title: str) -> None:
        """Give the place the chat's title where the platform has such a thing; nothing elsewhere."""

    async def new_place(self, key: ChatKey, title: str) -> ChatKey | None:
        """Open a place of its own for a new chat; None where chats share the place."""

    def opening(self, key: ChatKey) -> str | None:
        """The message of ours that `new_place` opened this place with, where it takes one."""

    @property
    def threads(self) -> bool:
        """Whether any message of ours can begin a thread, in which a chat of its own can live."""

    def thread_of(self, ref: MessageRef) -> ChatKey:
        """The thread that the message begins, where messages do so."""

    def link(self, key: ChatKey) -> str | None:
        """An address that leads to the place, where there is one."""
