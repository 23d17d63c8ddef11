"""The outgoing half: posts, edits and deletes messages, and opens the pages on which replies grow."""

from collections.abc import Sequence
from dataclasses import replace

import structlog
from telegram import Bot, InputFile
from telegram.constants import ChatAction

from adapters.markdown.split import split
from adapters.telegram import markup
from adapters.telegram.calls import Calls
from adapters.telegram.drafted_page import DraftedPage
from adapters.telegram.drafts import Drafts, Streaming
from adapters.telegram.lost_sends import LostSend, LostSends
from adapters.telegram.message_ids import MessageIds
from adapters.telegram.messages import Content, Messages
from adapters.telegram.places import Place
from adapters.telegram.refusals import NotModified, TopicGone
from bot.engine import texts
from bot.engine.budgets import Budgets, Way
from bot.engine.chats import ChatKey, MessageRef
from bot.engine.errors import DeliveryError, PlatformUnavailable
from bot.engine.pages import EditedPage
from bot.engine.ports import Clock, Kind, Page
from bot.engine.posts import Post
from bot.engine.recent import Recent

_log = structlog.get_logger(__name__)

_MESSAGES = (Kind.SEND, Kind.EDIT, Kind.TITLE, Kind.PLACE, Kind.FILE)
_EYES = "👀"
_NOTE_CHARACTERS = 200
_NAME_CHARACTERS = 128


class TelegramMessenger:
    """Port `Messenger` over the Bot API. `topics` says whether the bot may open topics in private chats.

    Whole texts with tables, headings or formulas are `rich` messages where that is wanted: old clients show those badly
    or not at all, and nobody can tell who has one (facts: 3.2).
    """

    def __init__(
        self, bot: Bot, calls: Calls, clock: Clock, streaming: Streaming = "auto", *, rich: bool = False
    ) -> None:
        self._bot = bot
        self._calls = calls
        self._clock = clock
        self.drafts = Drafts(bot, calls, clock, streaming)
        self.ids = MessageIds()
        self._messages = Messages(bot, calls, self.ids)
        self._lost = LostSends(self._messages, self.ids)
        self._content = Content.richly_of if rich else Content.of
        self._outside: Recent[MessageRef, bool] = Recent()
        self.topics = False

    @property
    def platform(self) -> str:
        return "telegram"

    def budgets(self, key: ChatKey, kind: Kind) -> Budgets:
        """Sends, edits and the names of topics count as messages; what changes no text only keeps to closed chats."""
        place = Place.of(key)
        if kind in _MESSAGES:
            return place.gate, place.messages
        return (place.gate, place.typing) if kind is Kind.WORKING else (place.gate,)

    @property
    def takes_feedback(self) -> bool:
        return False

    def holds_chats(self, key: ChatKey) -> bool:
        return True

    def opens_places(self, key: ChatKey) -> bool:
        return Place.of(key).private and self.topics

    def ways(self, key: ChatKey) -> Sequence[Way]:
        place = Place.of(key)
        return [place.by_drafts, place.by_edits] if self.drafts.suit(place) else [place.by_edits]

    def page(self, key: ChatKey, way: Way, reply_to: str | None = None, mark: str | None = None) -> Page:
        message = EditedPage(self, key, reply_to, mark)
        return DraftedPage(message, self.drafts, Place.of(key), self._clock) if way.fleeting else message

    def page_of(self, ref: MessageRef) -> Page:
        return EditedPage(self, ref.key, ref=ref)

    def split(self, markdown: str, tightness: int = 0) -> tuple[str, str]:
        if not tightness:
            return split(markdown, markup.fits)
        most = markup.MOST_CHARACTERS >> tightness
        return split(markdown, lambda text: len(markup.render(text).text) <= most and markup.fits(text))

    async def find(self, key: ChatKey, mark: str, after: str | None) -> MessageRef | None:
        """The message of a send whose answer was lost to this process; others cannot be found.

        So a send whose process died before it had stored the answer leaves a message that nobody goes on with: one at
        most for each kill, with the first words of an answer and a Stop button; pressed, it goes. Drafts leave nothing.
        """
        found = await self._lost.find(key, mark, after)
        if found is None:
            return None
        place, number = found
        return self._ref(key, place, number)

    async def send(self, key: ChatKey, post: Post, reply_to: str | None = None, mark: str | None = None) -> MessageRef:
        """Post anew. Where the topic is gone, the chat around it gets the message, with a note: no answer is lost."""
        place = Place.of(key)
        try:
            return await self._send(key, place, post, reply_to, mark)
        except TopicGone:
            _log.warning("telegram_topic_gone", chat=key.channel, thread=key.thread)
            return await self._send(key, Place(place.chat, None), _moved(post), reply_to, mark)

    async def send_file(
        self, key: ChatKey, name: str, content: bytes, comment: str, reply_to: str | None = None
    ) -> MessageRef:
        """Send it as a document, into the chat around where the topic is gone."""
        place, file = Place.of(key), InputFile(content, name)
        try:
            number = await self._messages.send_file(place, file, comment, reply_to)
        except TopicGone:
            number = await self._messages.send_file(Place(place.chat, None), file, comment, reply_to)
        return MessageRef(key, str(number))

    async def edit(self, ref: MessageRef, post: Post) -> None:
        """Make the message show this, buttons included: those that are not given again are removed."""
        chat, number = Place.of(ref.key).chat, int(ref.id)
        await self._messages.edit(chat, number, self._content(_moved(post) if ref in self._outside else post))

    async def delete(self, ref: MessageRef) -> None:
        deleting = self._bot.delete_message(Place.of(ref.key).chat, int(ref.id))
        await self._calls.make("deleteMessage", deleting)

    @property
    def working_lasts(self) -> float:
        """Telegram shows "typing…" for 5 seconds at most."""
        return 5.0

    async def show_working(self, key: ChatKey) -> None:
        """Show "typing…" for some seconds."""
        place = Place.of(key)
        typing = self._bot.send_chat_action(place.chat, ChatAction.TYPING, message_thread_id=place.thread)
        await self._calls.make("sendChatAction", typing)

    async def show_idle(self, key: ChatKey) -> None:
        """Nothing: "typing…" goes with the next message, or after 5 seconds."""

    async def show_waiting(self, ref: MessageRef, waiting: bool) -> None:
        """Eyes at the message, as a reaction: bots may set one, of a list that has no hourglass."""
        reaction = _EYES if waiting else None
        reacting = self._bot.set_message_reaction(Place.of(ref.key).chat, int(ref.id), reaction)
        await self._calls.make("setMessageReaction", reacting)

    async def show_title(self, key: ChatKey, title: str) -> None:
        """Name the topic of a private chat; a group's topics belong to its people."""
        place = Place.of(key)
        if not place.private or place.thread is None:
            return
        renaming = self._bot.edit_forum_topic(place.chat, place.thread, name=title[:_NAME_CHARACTERS])
        try:
            await self._calls.make("editForumTopic", renaming)
        except NotModified:
            return

    async def new_place(self, key: ChatKey, title: str) -> ChatKey | None:
        """Open a topic in a private chat. Clients show it only once a first message stands in it."""
        if not self.opens_places(key):
            return None
        opening = self._bot.create_forum_topic(Place.of(key).chat, name=title[:_NAME_CHARACTERS])
        topic = await self._calls.make("createForumTopic", opening)
        self.ids.note(Place.of(key).chat, topic.message_thread_id)
        return replace(key, thread=str(topic.message_thread_id))

    def opening(self, key: ChatKey) -> str | None:
        """None: a topic is no message of ours."""
        return None

    @property
    def threads(self) -> bool:
        return False

    def thread_of(self, ref: MessageRef) -> ChatKey:
        """The place itself: an answer to a message is no thread here."""
        return ref.key

    def link(self, key: ChatKey) -> str | None:
        return Place.of(key).link

    async def answer(self, query_id: str, note: str | None) -> None:
        """End the waiting of a pressed button, with a short note where there is one. Too late is not told."""
        answering = self._bot.answer_callback_query(query_id, text=note[:_NOTE_CHARACTERS] if note else None)
        try:
            await self._calls.make("answerCallbackQuery", answering)
        except DeliveryError as error:
            _log.debug("telegram_press_not_answered", problem=str(error))

    async def _send(self, key: ChatKey, place: Place, post: Post, reply_to: str | None, mark: str | None) -> MessageRef:
        content, above = self._content(post), self.ids.highest(place.chat)
        try:
            number = await self._messages.send(place, content, reply_to)
        except PlatformUnavailable:
            self._lost.note(key, mark, LostSend(place, content, above))
            raise
        return self._ref(key, place, number)

    def _ref(self, key: ChatKey, place: Place, number: int) -> MessageRef:
        ref = MessageRef(key, str(number))
        if place != Place.of(key):
            self._outside.note(ref, True)
        return ref


def _moved(post: Post) -> Post:
    """The post with the note, unless a full page leaves no room for it."""
    noted = f"{texts.TOPIC_GONE(post.language)}\n\n{post.text}"
    return replace(post, text=noted) if markup.fits(noted) else post
