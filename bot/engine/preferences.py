"""Which model answers, and what it is told besides the operator's instructions: for a chat, or for a person's new ones.

Given where no chat lives, a choice is for the person's new chats; every choice for a chat offers that as well.
"""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b

from bot.engine import texts
from bot.engine.chat_lists import Refusal, listed
from bot.engine.chats import Author, Chat, ChatKey, Preferences
from bot.engine.languages import Sentence
from bot.engine.ports import UnitOfWork
from bot.engine.posts import Action, Button, Post

LONGEST_INSTRUCTIONS = 4_000
"""Characters: some thousand tokens, which go along with every question."""

NEW_CHATS = 0
"""In a button's place for a chat: the person's new ones."""

CHOSEN = "✓ "


class PreferenceCases:
    """The use cases; `models` are the names that may be chosen, the first of them answers where nobody chose."""

    def __init__(self, models: Sequence[str]) -> None:
        self._models = models

    async def show_models(self, work: UnitOfWork, key: ChatKey, author: Author) -> Post:
        chat = await self._chat(work, key, author)
        language = author.language
        now = self.model_of(await self._of(work, chat, key, author))
        if len(self._models) < 2:
            return Post(texts.ONLY_MODEL(language, model=texts.escape(now)))
        about = NEW_CHATS if chat is None else chat.id
        rows = [
            (replace(choice, label=CHOSEN * (choice.label == now) + choice.label),) for choice in self.choices(about)
        ]
        words = texts.MODEL_OF_NEW if chat is None else texts.MODEL_NOW
        return Post(words(language, model=texts.escape(now)), tuple(rows))

    def choices(self, about: int = NEW_CHATS) -> list[Button]:
        """A button for each model, to have it answer in this chat, or in the person's new ones."""
        return [Button(name, Action.MODEL, about, _mark(name)) for name in self._models]

    async def choose_model(self, work: UnitOfWork, key: ChatKey, author: Author, name: str) -> Post:
        """By its name, or the beginning of one. Raises `Refusal`."""
        chat = await self._chat(work, key, author)
        wanted = name.strip().casefold()
        fitting = [model for model in self._models if model.casefold().startswith(wanted)]
        exact = [model for model in fitting if model.casefold() == wanted]
        if len(exact or fitting) != 1:
            known = ", ".join(f"`{model}`" for model in self._models)
            raise Refusal(texts.NO_SUCH_MODEL, name=texts.escape(texts.one_line(name, 60)), models=known)
        return await self._set_model(work, chat, key, author, (exact or fitting)[0])

    async def press_model(self, work: UnitOfWork, chat: Chat | None, key: ChatKey, author: Author, mark: str) -> Post:
        """By a button; `chat` is the one that it was about. Raises `Refusal` where the model is none any more."""
        named = next((name for name in self._models if _mark(name) == mark), None)
        if named is None:
            raise Refusal(texts.OUTDATED)
        return await self._set_model(work, chat, key, author, named)

    async def show_instructions(self, work: UnitOfWork, key: ChatKey, author: Author) -> Post:
        chat, language = await self._chat(work, key, author), author.language
        told = (await self._of(work, chat, key, author)).instructions
        if not told:
            return Post(texts.INSTRUCTIONS_HOW(language))
        words = texts.INSTRUCTIONS_OF_NEW if chat is None else texts.INSTRUCTIONS_NOW
        forget = Button(texts.FORGET_THEM(language), Action.FORGET_INSTRUCTIONS, NEW_CHATS if chat is None else chat.id)
        return Post(words(language, text=texts.escape(told)), ((forget,),))

    async def instruct(self, work: UnitOfWork, key: ChatKey, author: Author, text: str) -> Post:
        """Raises `Refusal` where the text is too long."""
        chat, told = await self._chat(work, key, author), texts.clean(text)
        if len(told) > LONGEST_INSTRUCTIONS:
            raise Refusal(texts.INSTRUCTIONS_TOO_LONG, length=len(told), limit=LONGEST_INSTRUCTIONS)
        return await self.set_instructions(work, chat, key, author, told)

    async def set_instructions(
        self, work: UnitOfWork, chat: Chat | None, key: ChatKey, author: Author, told: str
    ) -> Post:
        """For the chat, or where there is none for the person's new ones; none ("") are as for everybody."""
        wish = replace(await self._of(work, chat, key, author), instructions=told)
        await self._keep(work, chat, key, author, wish)
        if not told:
            return Post(texts.INSTRUCTIONS_FORGOTTEN(author.language))
        return self._answer(texts.INSTRUCTIONS_SET, texts.INSTRUCTIONS_SET_FOR_NEW, chat, author)

    async def use_for_new(self, work: UnitOfWork, chat: Chat, author: Author) -> Post:
        """Have the person's new chats answered as this one."""
        await work.chats.prefer_for_new(chat.key, author.id, chat.preferences)
        return Post(texts.USED_FOR_NEW(author.language))

    def model_of(self, preferences: Preferences) -> str:
        """The model that answers then: everybody's where nobody chose, or where the chosen one is offered no more."""
        return preferences.model if preferences.model in self._models else self._models[0]

    async def _set_model(self, work: UnitOfWork, chat: Chat | None, key: ChatKey, author: Author, model: str) -> Post:
        kept = "" if model == self._models[0] else model
        await self._keep(work, chat, key, author, replace(await self._of(work, chat, key, author), model=kept))
        return self._answer(texts.MODEL_SET, texts.MODEL_SET_FOR_NEW, chat, author, model=texts.escape(model))

    def _answer(self, here: Sentence, for_new: Sentence, chat: Chat | None, author: Author, **values: str) -> Post:
        language = author.language
        if chat is None:
            return Post(for_new(language, **values))
        also = Button(texts.FOR_NEW_TOO(language), Action.FOR_NEW, chat.id)
        return Post(here(language, **values), ((also,),))

    async def _chat(self, work: UnitOfWork, key: ChatKey, author: Author) -> Chat | None:
        """The chat that lives here; raises `Refusal` where it is not the person's."""
        chat = await work.chats.current(key)
        if chat is not None:
            await listed(work, chat, author)
        return chat

    async def _of(self, work: UnitOfWork, chat: Chat | None, key: ChatKey, author: Author) -> Preferences:
        return await work.chats.preferred(key, author.id) if chat is None else chat.preferences

    async def _keep(self, work: UnitOfWork, chat: Chat | None, key: ChatKey, author: Author, wish: Preferences) -> None:
        if chat is None:
            await work.chats.prefer_for_new(key, author.id, wish)
        else:
            await work.chats.prefer(chat.id, wish)


def _mark(model: str) -> str:
    """A model's name as it fits into a button."""
    return blake2b(model.encode(), digest_size=6).hexdigest()
