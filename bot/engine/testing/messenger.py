"""A platform in memory."""

import asyncio
from dataclasses import dataclass, replace

from bot.engine.budgets import Bucket, Budget, Budgets, Way, Window
from bot.engine.chats import ChatKey, MessageRef
from bot.engine.errors import DeliveryError, MessageGone, PlatformRefused
from bot.engine.pages import EditedPage
from bot.engine.ports import Kind, Page
from bot.engine.posts import Button, Post


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it arrived: `name` is send, file, find, edit, draft, delete, place, title or that of a sign."""

    name: str
    key: ChatKey
    post: Post | None = None
    message_id: str = ""


class MemoryMessenger:
    """Port Messenger: keeps what is posted, and refuses what a platform would.

    Pages are `page_size` characters, split anywhere. A place takes two messages at once, and one after every `gap`
    seconds. With `drafts` replies grow in drafts, and stand as messages at their end. `fail` makes the next calls of a
    name raise. While `gate` is cleared, calls hang as in a slow network.
    """

    def __init__(
        self, platform: str = "memory", page_size: int = 4000, gap: float = 0.0, *, drafts: bool = False
    ) -> None:
        self._platform = platform
        self.page_size = page_size
        self.gap = gap
        self.drafts = drafts
        self.draft: dict[ChatKey, Post] = {}
        self.posts: dict[str, Post] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.places: dict[str, ChatKey] = {}
        self.titles: dict[ChatKey, str] = {}
        self.waiting: set[str] = set()
        self.calls: list[Call] = []
        self.opened: ChatKey | None = None
        self.threads = False
        self.links: dict[ChatKey, str] = {}
        self.gate = asyncio.Event()
        self.gate.set()
        self.marks: dict[tuple[ChatKey, str], MessageRef] = {}
        self._lost: list[DeliveryError] = []
        self._failures: dict[str, list[DeliveryError]] = {}
        self._last_id = 0

    @property
    def platform(self) -> str:
        return self._platform

    def fail(self, name: str, *errors: DeliveryError) -> None:
        self._failures.setdefault(name, []).extend(errors)

    def budgets(self, key: ChatKey, kind: Kind) -> Budgets:
        """Signs are free, but nothing goes to a place that is closed."""
        place = f"{self._platform}:{key.channel}:{key.thread}"
        gate = Budget(place)
        if kind in (Kind.SEND, Kind.EDIT, Kind.TITLE, Kind.PLACE, Kind.FILE) and self.gap:
            return gate, Budget(f"{place}:messages", bucket=Bucket(2, self.gap), quickest=self.gap)
        return (gate,)

    @property
    def takes_feedback(self) -> bool:
        return False

    def holds_chats(self, key: ChatKey) -> bool:
        return True

    def opens_places(self, key: ChatKey) -> bool:
        return self.opened is not None

    def ways(self, key: ChatKey) -> list[Way]:
        send, edit = self.budgets(key, Kind.SEND), self.budgets(key, Kind.EDIT)
        windows = (Window(20, 5.0), Window(40, 30.0))
        draft = (Budget(f"{self._platform}:{key.channel}:drafts", windows, quickest=0.3),)
        drafts = [Way("draft", draft, draft, send, fleeting=True, lasts=20.0)] if self.drafts else []
        return [*drafts, Way("edit", send, edit, edit)]

    def page(self, key: ChatKey, way: Way, reply_to: str | None = None, mark: str | None = None) -> Page:
        if way.fleeting:
            return MemoryDraft(self, key, way, mark)
        return EditedPage(self, key, reply_to, mark)

    def page_of(self, ref: MessageRef) -> Page:
        return EditedPage(self, ref.key, ref=ref)

    def split(self, markdown: str, tightness: int = 0) -> tuple[str, str]:
        size = max(1, self.page_size >> tightness)
        return markdown[:size], markdown[size:]

    async def show_draft(self, key: ChatKey, post: Post) -> None:
        await self._arrive(Call("draft", key, post))
        self.draft[key] = post

    async def send(self, key: ChatKey, post: Post, reply_to: str | None = None, mark: str | None = None) -> MessageRef:
        self._check(post)
        lost = self._lost.pop(0) if self._lost else None
        if lost is None:
            await self._arrive(Call("send", key, post))
        self._last_id += 1
        ref = MessageRef(key, str(self._last_id))
        self.places[ref.id] = key
        self.posts[ref.id] = post
        self.draft.pop(key, None)
        if mark is not None:
            self.marks[key, mark] = ref
        if lost is not None:
            self.calls.append(Call("send", key, post))
            raise lost
        return ref

    def lose_answers(self, *errors: DeliveryError) -> None:
        """Let the next sends arrive and fail all the same."""
        self._lost.extend(errors)

    async def send_file(
        self, key: ChatKey, name: str, content: bytes, comment: str, reply_to: str | None = None
    ) -> MessageRef:
        post = Post(comment)
        self._check(post)
        await self._arrive(Call("file", key, post))
        self._last_id += 1
        ref = MessageRef(key, str(self._last_id))
        self.places[ref.id], self.posts[ref.id], self.files[ref.id] = key, post, (name, content)
        return ref

    async def find(self, key: ChatKey, mark: str, after: str | None) -> MessageRef | None:
        await self._arrive(Call("find", key))
        ref = self.marks.get((key, mark))
        return ref if ref is not None and ref.id in self.posts else None

    async def edit(self, ref: MessageRef, post: Post) -> None:
        self._check(post)
        await self._arrive(Call("edit", ref.key, post, ref.id))
        if ref.id not in self.posts:
            raise MessageGone("no such message")
        self.posts[ref.id] = post

    async def delete(self, ref: MessageRef) -> None:
        await self._arrive(Call("delete", ref.key, message_id=ref.id))
        if self.posts.pop(ref.id, None) is None:
            raise MessageGone("no such message")

    @property
    def working_lasts(self) -> float:
        return 5.0

    async def show_working(self, key: ChatKey) -> None:
        await self._arrive(Call("working", key))

    async def show_idle(self, key: ChatKey) -> None:
        await self._arrive(Call("idle", key))

    async def show_waiting(self, ref: MessageRef, waiting: bool) -> None:
        await self._arrive(Call("waiting" if waiting else "not waiting", ref.key, message_id=ref.id))
        (self.waiting.add if waiting else self.waiting.discard)(ref.id)

    async def show_title(self, key: ChatKey, title: str) -> None:
        await self._arrive(Call("title", key))
        self.titles[key] = title

    async def new_place(self, key: ChatKey, title: str) -> ChatKey | None:
        await self._arrive(Call("place", key))
        return self.opened

    def opening(self, key: ChatKey) -> str | None:
        return None

    def thread_of(self, ref: MessageRef) -> ChatKey:
        return replace(ref.key, thread=ref.id)

    def link(self, key: ChatKey) -> str | None:
        return self.links.get(key)

    def texts(self, key: ChatKey) -> list[str]:
        """What stands at a place, oldest first."""
        return [post.text for message_id, post in self.posts.items() if self.places[message_id] == key]

    def buttons(self, key: ChatKey) -> list[Button]:
        """Every button at a place."""
        posts = (post for message_id, post in self.posts.items() if self.places[message_id] == key)
        return [button for post in posts for row in post.rows for button in row]

    def count(self, name: str) -> int:
        return sum(call.name == name for call in self.calls)

    def _check(self, post: Post) -> None:
        if not post.text.strip() or len(post.text) > self.page_size:
            raise AssertionError(f"no platform takes a page of {len(post.text)} characters")

    async def _arrive(self, call: Call) -> None:
        self.calls.append(call)
        await self.gate.wait()
        if self._failures.get(call.name):
            raise self._failures[call.name].pop(0)


class MemoryDraft:
    """Port `Page`: grows in a draft, of which nothing stays, and is sent at its end, or where the draft is refused."""

    def __init__(self, messenger: MemoryMessenger, key: ChatKey, way: Way, mark: str | None) -> None:
        self._messenger = messenger
        self._key = key
        self._way = way
        self._message = EditedPage(messenger, key, mark=mark)
        self._drafting = True

    @property
    def ref(self) -> MessageRef | None:
        return self._message.ref

    @property
    def unsure(self) -> bool:
        return self._message.unsure

    def spends(self, last: bool) -> Budgets:
        return self._way.preview if self._drafting and not last else self._message.spends(last)

    def can_begin(self, post: Post) -> bool:
        return True

    async def show(self, post: Post, last: bool) -> bool:
        self._drafting = self._drafting and not last
        if not self._drafting:
            return await self._message.show(post, last)
        try:
            await self._messenger.show_draft(self._key, post)
        except PlatformRefused:
            self._drafting = False
        return self._drafting
