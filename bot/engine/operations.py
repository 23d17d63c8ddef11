"""What can be done with a chat, whether by a command, a button or the platform's own means.

Every operation works inside the caller's unit of work and raises `Refusal` before it has changed anything.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from bot.engine import texts
from bot.engine.changes import Changes
from bot.engine.chat_lists import Refusal, listed
from bot.engine.chats import Author, Chat, ChatKey, MessageRef, TitleSource
from bot.engine.delivery import Delivery
from bot.engine.errors import TakenOver
from bot.engine.outbox import Outbox
from bot.engine.ports import Clock, TurnQueue, UnitOfWork
from bot.engine.turns import Turn
from bot.engine.waiting import WaitingSigns

CHOICES = 10
LONGEST_TITLE = 200
"""Characters; Slack's agent sessions take no more."""


class Operations:
    """The use cases around chats and turns."""

    def __init__(
        self,
        queue: TurnQueue,
        deliveries: Mapping[str, Delivery],
        clock: Clock,
        outbox: Outbox,
        signs: WaitingSigns,
        changes: Changes,
    ) -> None:
        self._queue = queue
        self._deliveries = deliveries
        self._clock = clock
        self._outbox = outbox
        self._signs = signs
        self.changes = changes

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC)

    async def ask(self, work: UnitOfWork, chat: Chat, text: str, author: Author, source: str | None) -> Turn:
        """Store a question and queue its turn."""
        await self._note_there(work, chat)
        turn = await work.turns.ask(chat.id, text, author, source, self.now())
        await self._queue.put(work, turn)
        self.changes.note(work, chat.key)
        if turn.question.source == source:  # else it came late, and another turn has it: the next one, surely
            self._signs.put_up(work, chat, turn)
        return turn

    async def _note_there(self, work: UnitOfWork, chat: Chat) -> None:
        """Somebody acts in the chat's place: so we can post there again."""
        if chat.gone:
            await work.chats.mark_gone(chat.id, gone=False)

    async def begin_chat(self, work: UnitOfWork, key: ChatKey, author: Author) -> Chat:
        """A fresh chat at this place; one in which nothing was asked yet is as good as a new one."""
        chat = await work.chats.current(key)
        if chat is not None and await work.turns.last(chat.id) is None:
            return chat
        self.changes.note(work, key)
        return await work.chats.add(key, author.id, self.now())

    async def check_may_manage(self, work: UnitOfWork, chat: Chat, author: Author) -> None:
        """Only who began the chat, or wrote in it, may read it in another place or change it."""
        await listed(work, chat, author)

    async def rename(self, work: UnitOfWork, chat: Chat, title: str) -> str:
        """Give the chat a person's title, in the database and on the platform; the title as it is now."""
        tidy = texts.one_line(title, LONGEST_TITLE)
        if not tidy:
            raise Refusal(texts.RENAME_HOW)
        await work.chats.rename(chat.id, tidy, TitleSource.PERSON)
        await self._outbox.show_title(work, chat.id)
        self.changes.note(work, chat.key)
        return tidy

    async def delete(self, work: UnitOfWork, chat: Chat, but: str | None = None) -> None:
        """Forget the chat, end the answer that is being written, and take our posts away; the post `but` stays."""
        await self._drop_waiting(work, chat)
        await self._queue.cancel(work, chat.id)
        for post in await work.chats.posts(chat.id):
            if post != but:
                await self._outbox.delete_post(work, MessageRef(chat.key, post))
        await work.chats.delete(chat.id)
        self.changes.note(work, chat.key)

    async def take_away(self, work: UnitOfWork, ref: MessageRef) -> None:
        """Have a message of ours removed from the platform."""
        await self._outbox.delete_post(work, ref)

    async def retry(self, work: UnitOfWork, chat: Chat, turn_id: int | None = None) -> None:
        """Ask the newest question again; its reply is written anew in place.

        What of the old answer could not be shown yet never is: it would come over the new one, or beside it.
        """
        last = await work.turns.last(chat.id)
        if last is None:
            raise Refusal(texts.NOTHING_ASKED)
        if turn_id is not None and last.id != turn_id:
            raise Refusal(texts.ONLY_LAST)
        if not last.status.ended:
            raise Refusal(texts.STILL_RUNS)
        await self._note_there(work, chat)
        try:
            await work.turns.mark_shown(last)
        except TakenOver:  # in this moment, in order to show it
            raise Refusal(texts.STILL_RUNS) from None
        await self._queue.put(work, await work.turns.ask_again(last, self.now()))

    async def is_newest(self, work: UnitOfWork, turn: Turn) -> bool:
        """Whether no later question was asked in its chat."""
        last = await work.turns.last(turn.chat_id)
        return last is not None and last.question.id == turn.question.id

    async def reword(self, work: UnitOfWork, chat: Chat, turn: Turn, text: str) -> None:
        """Have the changed question answered in the place of the old one; one that waits only changes.

        What is being written of the old answer ends first, and stays as one of the answers.
        """
        await work.turns.reword(turn, text)
        if turn.status.ended:
            await self.retry(work, chat)
        elif not turn.untouched:
            await self._note_there(work, chat)
            await work.turns.ask_to_stop(chat.id)
            await self._queue.cancel(work, chat.id)
            await self._queue.put(work, await work.turns.ask_again(turn, self.now()))

    async def forget(self, work: UnitOfWork, chat: Chat, turn: Turn) -> None:
        """Remove a question with its answers, also those on the platform; one that is being written ends."""
        variants = [each for each in await work.turns.all_of(chat.id) if each.question.id == turn.question.id]
        if any(not each.status.ended and not each.untouched for each in variants):
            await self._queue.cancel(work, chat.id)
        for post in (post for each in variants for post in each.replies):
            await self._outbox.delete_post(work, MessageRef(chat.key, post))
        await work.turns.remove(turn)
        self.changes.note(work, chat.key)

    async def branch(
        self, work: UnitOfWork, turn: Turn, author: Author, key: ChatKey, title: str, question: str | None = None
    ) -> Chat:
        """Begin a chat at this place, its current one, that remembers what was said up to and with this turn.

        With a `question` it remembers what was said before the turn, and the question is asked.
        """
        branch = await work.chats.add(key, author.id, self.now())
        copied = await work.turns.copy(turn, branch.id, before=question is not None)
        if question is None and not copied:
            raise Refusal(texts.NOTHING_TO_BRANCH)
        if (origin := await work.chats.get(turn.chat_id)) is not None:
            await work.chats.prefer(branch.id, origin.preferences)
        await work.chats.rename(branch.id, title, TitleSource.AUTO)
        await self._outbox.show_title(work, branch.id)
        self.changes.note(work, key)
        if question is not None:
            await self.ask(work, branch, question, author, None)
        return branch

    async def switch(self, work: UnitOfWork, chat: Chat, turn: Turn) -> None:
        """Show another answer to the newest question; it stands in the history from now on."""
        last = await work.turns.last(chat.id)
        if last is None or last.question.id != turn.question.id:
            raise Refusal(texts.ONLY_LAST_SWITCHES)
        if last.id == turn.id:
            return
        if not turn.status.ended or not await work.turns.stand(turn):
            raise Refusal(texts.STILL_WRITING)
        await self._note_there(work, chat)
        await self._queue.put(work, turn)

    async def stop(self, work: UnitOfWork, chat: Chat) -> None:
        """Stop the answer that is being written, in whatever process; where none is, what waits.

        Asked twice about the answer: a turn may be taken up between the two questions.
        """
        running = await work.turns.ask_to_stop(chat.id)
        if not running and await self._drop_waiting(work, chat):
            return
        if not running and not await work.turns.ask_to_stop(chat.id):
            raise Refusal(texts.NOTHING_RUNS)
        await self._queue.cancel(work, chat.id)

    async def _drop_waiting(self, work: UnitOfWork, chat: Chat) -> bool:
        """End what nobody has begun with; whether there was anything."""
        dropped = await work.turns.cancel_queued(chat.id)
        for turn in dropped:
            work.after_commit(partial(self._signs.take_down, chat, turn))
        return bool(dropped)
