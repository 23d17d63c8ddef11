"""A private chat with the service's bot, as its person sees it."""

from bot.engine import texts
from playground.telegram import TelegramStandIn
from playground.telegram.chats import Chat, Person
from tests.playground.rig import PATIENCE, Rig


class Room:
    """One private chat, looked at by its person."""

    def __init__(self, rig: Rig, telegram: TelegramStandIn, name: str = "Ann Lee") -> None:
        self.rig = rig
        self.telegram = telegram
        self.person: Person = telegram.add_person(name)
        self.chat: Chat = telegram.private_chat(self.person)

    async def say(self, text: str, thread: int | None = None) -> int:
        return await self.telegram.send(self.person, self.chat, text, thread=thread)

    async def press(self, label: str) -> str:
        message = next(m for m in reversed(self.telegram.bot_messages(self.chat)) if label in m.button_labels)
        toast = await self.telegram.press(self.person, self.chat, message.message_id, label)
        return toast.text if toast else ""

    async def ask_again(self) -> None:
        await self.until_heard(texts.RETRY.english)

    async def until_heard(self, label: str) -> None:
        """Press it; again, where the message came so quickly that the bot does not know of it yet."""
        while await self.press(label) in (texts.STILL_RUNS.english, texts.STILL_WRITING.english):
            await self.rig.clock.sleep(0.5)

    def read(self, thread: int | None = None) -> list[str]:
        """What the bot's messages say now."""
        return [message.text for message in self.telegram.bot_messages(self.chat, thread)]

    def draft(self) -> str:
        """What is being written before their eyes now."""
        frame = self.telegram.draft(self.chat)
        return frame.text if frame else ""

    def labels(self) -> list[str]:
        return [label for m in self.telegram.bot_messages(self.chat) for label in m.button_labels]

    async def shows(self, text: str) -> None:
        """Wait until one of the bot's messages says this."""
        await self.telegram.wait_for(lambda: text in self.read(), timeout=PATIENCE)

    async def sees(self, *expected: str, thread: int | None = None) -> None:
        """Wait until the bot's messages are exactly these, with no answer still being written."""

        def there() -> bool:
            return self.read(thread) == list(expected) and texts.STOP.english not in self.labels()

        try:
            await self.telegram.wait_for(there, timeout=PATIENCE)
        except TimeoutError:
            assert self.read(thread) == list(expected)
            raise
