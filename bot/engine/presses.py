"""What people press."""

from collections.abc import Awaitable, Callable

from bot.engine import texts
from bot.engine.branches import Branches
from bot.engine.chat_lists import EVERYWHERE, ChatLists, ListView, Refusal, delete_question, listed, quoted
from bot.engine.chat_search import ChatSearch, SearchView
from bot.engine.chats import Chat, MessageRef
from bot.engine.exports import Exports
from bot.engine.incoming import Press
from bot.engine.operations import Operations
from bot.engine.ports import Storage, UnitOfWork
from bot.engine.posts import Action, Button, Post, Reaction
from bot.engine.preferences import NEW_CHATS, PreferenceCases
from bot.engine.turns import Turn

LARGEST_ID = 2**63 - 1


def read_data(data: str) -> Button | None:
    """The button that this data came from; None for anything that none of our buttons carries."""
    name, _, rest = data.partition(":")
    number, _, text = rest.partition(":")
    if name not in set(Action) or not (number.isascii() and number.isdecimal()) or int(number) > LARGEST_ID:
        return None
    return Button("", Action(name), int(number), text)


class Presses:
    """Carries out pressed buttons; each in one transaction, each event once."""

    def __init__(
        self,
        operations: Operations,
        lists: ChatLists,
        preferences: PreferenceCases,
        exports: Exports,
        branches: Branches,
        storage: Storage,
    ) -> None:
        self._operations = operations
        self._lists = lists
        self._preferences = preferences
        self._exports = exports
        self._storage = storage
        self._branches = branches
        self._searches = ChatSearch(lists)
        self._handlers: dict[Action, Callable[[UnitOfWork, Press, Button], Awaitable[Reaction]]] = {
            Action.STOP: self._stop,
            Action.RETRY: self._retry,
            Action.STAND: self._stand,
            Action.LIST: self._list,
            Action.FIND: self._find,
            Action.OPEN: self._open,
            Action.CARD: self._card,
            Action.PIN: self._pin,
            Action.UNPIN: self._pin,
            Action.ARCHIVE: self._archive,
            Action.UNARCHIVE: self._archive,
            Action.EXPORT: self._export,
            Action.ASK_RENAME: self._ask_rename,
            Action.RENAME: self._rename,
            Action.ASK_DELETE: self._ask_delete,
            Action.DELETE: self._delete,
            Action.KEEP: self._keep,
            Action.GOOD: self._rate,
            Action.BAD: self._rate,
            Action.MODEL: self._model,
            Action.FORGET_INSTRUCTIONS: self._forget_instructions,
            Action.FOR_NEW: self._for_new,
        }

    async def run(self, press: Press) -> Reaction:
        button = read_data(press.data)
        if button is None:
            return Reaction(texts.OUTDATED(press.author.language))
        if button.action is Action.BRANCH_EDIT:
            return await self._branch_edit(press, button)
        async with self._storage() as work:
            if not await work.events.claim(press.event_id, self._operations.now()):
                return Reaction()
            try:
                reaction = await self._handlers[button.action](work, press, button)
            except Refusal as refusal:
                reaction = Reaction(refusal.told(press.author.language))
            await work.commit()
        return reaction

    async def _chat(self, work: UnitOfWork, press: Press, chat_id: int) -> Chat:
        """The chat that the button is about, if this person may touch it from here."""
        chat = await work.chats.get(chat_id)
        if chat is None or (chat.key.platform, chat.key.workspace) != (press.key.platform, press.key.workspace):
            raise Refusal(texts.OUTDATED)
        await self._operations.check_may_manage(work, chat, press.author)
        return chat

    async def _turn(self, work: UnitOfWork, press: Press, turn_id: int) -> tuple[Turn, Chat]:
        turn = await work.turns.get(turn_id)
        if turn is None:
            raise Refusal(texts.OUTDATED)
        return turn, await self._chat(work, press, turn.chat_id)

    async def _stop(self, work: UnitOfWork, press: Press, button: Button) -> Reaction:
        """Stop the turn under which the button stands; one that is over already stops no later one.

        A message that nobody knows may be one that is just being sent: its Stop counts all the same.
        """
        turn, chat = await self._turn(work, press, button.argument)
        stray = await self._is_stray(work, press, chat)
        if not turn.status.ended:
            await self._operations.stop(work, chat)
        elif not stray:
            raise Refusal(texts.OUTDATED)
        return Reaction(texts.OUTDATED(press.author.language) if turn.status.ended else None)

    async def _is_stray(self, work: UnitOfWork, press: Press, chat: Chat) -> bool:
        """Whether a crash left the message without anybody's knowing; then it is taken away."""
        stray = press.message_id not in await work.chats.posts(chat.id)
        if stray:
            await self._operations.take_away(work, MessageRef(press.key, press.message_id))
        return stray

    async def _retry(self, work: UnitOfWork, press: Press, button: Button) -> Reaction:
        """Ask again. A message that nobody knows yet may be the end of the answer, which is just being sent."""
        turn, chat = await self._turn(work, press, button.argument)
        if turn.status.ended and not turn.shown:
            raise Refusal(texts.STILL_RUNS)
        if await self._is_stray(work, press, chat):
            return Reaction(texts.OUTDATED(press.author.language))
        await self._operations.retry(work, chat, button.argument)
        return Reaction()

    async def _stand(self, work: UnitOfWork, press: Press, button: Button) -> Reaction:
        """Have another answer to the question shown."""
        turn, chat = await self._turn(work, press, button.argument)
        await self._operations.switch(work, chat, turn)
        return Reaction()

    async def _branch_edit(self, press: Press, button: Button) -> Reaction:
        """Ask what a question was changed to, in a branch from before it."""
        try:
            async with self._storage() as work:
                if not await work.events.claim(press.event_id, self._operations.now()):
                    return Reaction()
                turn, chat = await self._turn(work, press, button.argument)
                question = await work.turns.noted_edit(turn)
                if question is None:
                    raise Refusal(texts.OUTDATED)
        except Refusal as refusal:
            return Reaction(refusal.told(press.author.language))
        told = await self._branches.open(press.event_id, chat.key, press.author, chat, turn, question)
        return Reaction(replace=told)

    async def _list(self, work: UnitOfWork, press: Press, button: Button) -> Reaction:
        return Reaction(replace=await self._lists.post(work, press.key, press.author, ListView.of(button)))

    async def _find(self, work: UnitOfWork, press: Press, button: Button) -> Reaction:
        return Reaction(replace=await self._searches.post(work, press.key, press.author, SearchView.of(button)))

    async def _card(self, work: UnitOfWork, press: Press, button: Button) -> Reaction:
        chat, language = await self._chat(work, press, button.argument), press.author.language
        entry = await listed(work, chat, press.author)
        return Reaction(replace=self._lists.card(entry, press.key, language, button.text == EVERYWHERE))

    async def _pin(self, work: UnitOfWork, press: Press, button: Button) -> Reaction:
        chat = await self._chat(work, press, button.argument)
        await work.chats.pin(chat.id, press.author.id, button.action is Action.PIN)
        self._operations.changes.note(work, chat.key)
        return await self._card(work, press, button)

    async def _archive(self, work: UnitOfWork, press: Press, button: Button) -> Reaction:
        chat = await self._chat(work, press, button.argument)
        await work.chats.archive(chat.id, press.author.id, button.action is Action.ARCHIVE)
        self._operations.changes.note(work, chat.key)
        return await self._card(work, press, button)

    async def _export(self, work: UnitOfWork, press: Press, button: Button) -> Reaction:
        """The file comes into the chat's own place, where everybody may read the chat anyway."""
        chat, language = await self._chat(work, press, button.argument), press.author.language
        await self._exports.order(work, chat, "", language, None)
        return Reaction(None if chat.key == press.key else texts.EXPORT_COMES(language))

    async def _ask_rename(self, work: UnitOfWork, press: Press, button: Button) -> Reaction:
        chat, language = await self._chat(work, press, button.argument), press.author.language
        await work.chats.await_title(press.key, press.author.id, chat.id)
        asked = texts.ASK_RENAME(language, title=quoted(chat, language))
        return Reaction(prompt=Post(asked, awaits=press.author.id, language=language))

    async def _open(self, work: UnitOfWork, press: Press, button: Button) -> Reaction:
        chat = await self._chat(work, press, button.argument)
        if chat.key != press.key:
            return Reaction(texts.ELSEWHERE(press.author.language))
        await work.chats.make_current(chat.id)
        language = press.author.language
        return Reaction(replace=Post(texts.OPENED(language, title=quoted(chat, language))))

    async def _rename(self, work: UnitOfWork, press: Press, button: Button) -> Reaction:
        chat = await self._chat(work, press, button.argument)
        title = await self._operations.rename(work, chat, button.text)
        return Reaction(replace=Post(texts.RENAMED(press.author.language, title=texts.escape(title))))

    async def _ask_delete(self, work: UnitOfWork, press: Press, button: Button) -> Reaction:
        return Reaction(replace=delete_question(await self._chat(work, press, button.argument), press.author.language))

    async def _delete(self, work: UnitOfWork, press: Press, button: Button) -> Reaction:
        chat = await self._chat(work, press, button.argument)
        await self._operations.delete(work, chat, but=press.message_id)
        language = press.author.language
        return Reaction(replace=Post(texts.DELETED(language, title=quoted(chat, language))))

    async def _keep(self, work: UnitOfWork, press: Press, button: Button) -> Reaction:
        """Take the question away; only who may answer it, or anybody could write over any message of ours."""
        await self._chat(work, press, button.argument)
        return Reaction(replace=Post(texts.KEPT(press.author.language)))

    async def _rate(self, work: UnitOfWork, press: Press, button: Button) -> Reaction:
        turn, _ = await self._turn(work, press, button.argument)
        await work.turns.rate(turn, press.author.id, button.action is Action.GOOD, self._operations.now())
        return Reaction(texts.RATED(press.author.language))

    async def _model(self, work: UnitOfWork, press: Press, button: Button) -> Reaction:
        chat = await self._chat_or_new(work, press, button)
        cases = self._preferences
        return Reaction(replace=await cases.press_model(work, chat, press.key, press.author, button.text))

    async def _forget_instructions(self, work: UnitOfWork, press: Press, button: Button) -> Reaction:
        chat = await self._chat_or_new(work, press, button)
        cases = self._preferences
        return Reaction(replace=await cases.set_instructions(work, chat, press.key, press.author, ""))

    async def _for_new(self, work: UnitOfWork, press: Press, button: Button) -> Reaction:
        chat = await self._chat(work, press, button.argument)
        return Reaction(replace=await self._preferences.use_for_new(work, chat, press.author))

    async def _chat_or_new(self, work: UnitOfWork, press: Press, button: Button) -> Chat | None:
        """The chat that the button is about; None for the person's new ones."""
        return None if button.argument == NEW_CHATS else await self._chat(work, press, button.argument)
