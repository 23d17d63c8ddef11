"""A try-out in the terminal: the real bot against a stand-in for Telegram, for who has no account or key at hand."""

import asyncio
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from pydantic import SecretStr

from bot.service.settings import LOCAL, Settings
from bot.service.wiring import open_models, open_service
from playground.telegram import TelegramStandIn
from playground.telegram.chats import Chat, Message, Person
from storage import open_database

WELCOME = """\
No Slack or Telegram credentials are set, so this is a try-out in the terminal.

The bot is the real one; Telegram is a stand-in on this machine{model}.
Type a message, /help, or a button's label in brackets such as [Retry]. Ctrl-D ends it.
To use it for real, set TELEGRAM_BOT_TOKEN or SLACK_BOT_TOKEN: README.md says how.
"""
TINY_MODEL = (
    ",\nand the model is a tiny one that came along: good to see the bot work, no useful assistant.\n"
    "Set OPENAI_API_KEY or OPENAI_BASE_URL for a better one"
)
STILL_WRITING = {"Stop"}


class Screen:
    """Turns what stands in the chat into a text that only grows, as a terminal needs it."""

    def __init__(self) -> None:
        self._printed: dict[int, str] = {}
        self._newest: int | None = None

    def show(self, messages: Sequence[Message]) -> str:
        """What is to be printed next."""
        return "".join(self._news(message) for message in messages if message.from_bot)

    def _news(self, message: Message) -> str:
        buttons = [label for label in message.button_labels if label not in STILL_WRITING]
        text = "\n".join([message.text, *(f"[{label}]" for label in buttons)])
        before = self._printed.get(message.message_id)
        self._printed[message.message_id] = text
        if text == before:
            return ""
        if before is not None and text.startswith(before) and self._newest == message.message_id:
            return text[len(before) :]
        self._newest = message.message_id
        return f"\n\nThreadline: {text}"


class Keyboard:
    """Lines as they are typed. The thread that waits for them dies with the program, so that Ctrl-C ends it at once."""

    def __init__(self, descriptor: int) -> None:
        self._lines: asyncio.Queue[str] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, args=(descriptor,), name="keyboard", daemon=True).start()

    async def read_line(self) -> str:
        """The next line with its end; empty where the input ends."""
        return await self._lines.get()

    def _read(self, descriptor: int) -> None:
        """Read by an object of our own: at the end the interpreter would wait for the lock of `sys.stdin`."""
        with suppress(RuntimeError), open(descriptor, encoding="utf-8", errors="replace", closefd=False) as stream:
            for line in iter(stream.readline, ""):
                self._put(line)
            self._put("")

    def _put(self, line: str) -> None:
        """Raises RuntimeError once the loop is closed, and nobody reads any more."""
        self._loop.call_soon_threadsafe(self._lines.put_nowait, line)


class TryOut:
    """One person in one private chat."""

    def __init__(
        self, telegram: TelegramStandIn, read_line: Callable[[], Awaitable[str]], write: Callable[[str], None]
    ) -> None:
        self._telegram = telegram
        self._read_line = read_line
        self._write = write
        self._person: Person = telegram.add_person("You")
        self._chat: Chat = telegram.private_chat(self._person)
        self._screen = Screen()
        self._news = ""

    async def run(self) -> None:
        """Until the input ends."""
        watching = asyncio.create_task(self._watch(), name="try-out-screen")
        try:
            while line := await self._read_line():
                await self.type(line.strip())
        finally:
            watching.cancel()
            await asyncio.wait({watching})

    async def type(self, line: str) -> None:
        """Send a message, or press the newest button of that label."""
        if line.startswith("[") and line.endswith("]"):
            await self._press(line[1:-1])
        elif line:
            await self._telegram.send(self._person, self._chat, line)

    async def _press(self, label: str) -> None:
        for message in reversed(self._telegram.messages(self._chat)):
            if label in message.button_labels:
                toast = await self._telegram.press(self._person, self._chat, message.message_id, label)
                self._write(f"\n({toast.text})\n" if toast and toast.text else "")
                return
        self._write(f"\n(There is no button [{label}].)\n")

    async def _watch(self) -> None:
        while True:
            await self._telegram.wait_for(self._has_news, timeout=1e9)
            self._write(self._news)

    def _has_news(self) -> bool:
        self._news = self._screen.show(self._telegram.messages(self._chat))
        return bool(self._news)


def is_configured(settings: Settings) -> bool:
    """Whether there is a platform to serve."""
    return settings.slack_bot_token is not None or settings.telegram_bot_token is not None


def for_try_out(settings: Settings, telegram: TelegramStandIn, folder: Path) -> Settings:
    """The person's own model settings, everything else for this try-out only."""
    own_model = settings.openai_api_key is not None or settings.openai_base_url is not None
    changes = {
        "telegram_bot_token": SecretStr(telegram.token),
        "telegram_api_url": telegram.api_url,
        "database_url": f"sqlite:///{folder / 'try-out.db'}",
        "port": 0,
        **({} if own_model else {"openai_base_url": LOCAL}),
    }
    return settings.model_copy(update=changes)


async def try_out(settings: Settings) -> None:
    """Run it in this terminal until the input ends."""

    def write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    async with _served(settings) as (telegram, tiny):
        write(WELCOME.format(model=TINY_MODEL if tiny else ""))
        await TryOut(telegram, Keyboard(sys.stdin.fileno()).read_line, write).run()
    write("\n")


@asynccontextmanager
async def _served(settings: Settings) -> AsyncIterator[tuple[TelegramStandIn, bool]]:
    with tempfile.TemporaryDirectory(prefix="threadline-") as folder:
        async with TelegramStandIn() as telegram:
            own = for_try_out(settings, telegram, Path(folder))
            database = open_database(own.database_url)
            await database.migrate()
            models = await open_models(own)
            service = open_service(own.model_copy(update={"drain_seconds": 1.0}), database, models)
            try:
                await service.start()
                yield telegram, models.local is not None
            finally:
                await service.stop()
