"""Hold a first conversation on both platforms' stand-ins with the local model, and write it down as Markdown.

.venv/bin/python -m tests.first_conversation > docs/first-conversation.md
"""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bot.engine import texts
from bot.service.local_model import MODEL
from bot.service.logs import set_up_logs
from storage import open_database
from tests.playground.rig import slack_rig, telegram_rig
from tests.playground.telegram_room import Room as TelegramRoom
from tests.playground.test_slack_service import Room as SlackRoom

QUESTIONS = (
    "What is the capital of France and what is it famous for?",
    "How long is the river that flows through it?",
    "Name three things that I could do there on a rainy day, as a list.",
)
LOCAL = {"openai_base_url": "local"}
HEAD = f"""\
# A first conversation

Made by `python -m tests.first_conversation`: the whole service, the real adapters, the stand-ins for Slack and Telegram
at their real pace, and the model that comes with the package ({MODEL}). Nothing is edited. The model is tiny: it shows
that the bot works, and it is often wrong.
"""


@dataclass(frozen=True)
class Said:
    """One question, what stood there at the end, and how often the message was touched until then."""

    question: str
    answer: str
    looks: list[str]


def as_markdown(platform: str, title: str | None, said: list[Said], calls: Counter[str], refused: int) -> str:
    lines = [f"\n## {platform}\n", f"Title that the chat got by itself: **{title}**\n"]
    for turn in said:
        lines += [f"**Person:** {turn.question}\n", *(f"> {line}".rstrip() for line in turn.answer.splitlines()), ""]
        grown = " → ".join(str(len(look)) for look in turn.looks)
        lines.append(f"_The message grew: {grown} characters._\n")
    listed = ", ".join(f"`{name}` {number}" for name, number in sorted(calls.items()))
    lines.append(f"Calls to the platform: {listed}; refused: {refused}.")
    return "\n".join(lines)


async def until_done(
    read: Callable[[], str], live: Callable[[], bool], wait: Callable[..., Awaitable[None]]
) -> list[str]:
    """Watch a message grow until it has no Stop button any more; every look that differed."""
    looks: list[str] = []

    def done() -> bool:
        now = read()
        if now and (not looks or looks[-1] != now):
            looks.append(now)
        return bool(now) and not live()

    await wait(done, timeout=120)
    return looks


async def on_telegram(url: str) -> str:
    async with telegram_rig(url, speed=1.0, settings=LOCAL) as (rig, telegram):
        room, said = TelegramRoom(rig, telegram), []
        for number, question in enumerate(QUESTIONS):
            await room.say(question)

            def read(number: int = number) -> str:
                return "".join(room.read()[number : number + 1]) or room.draft()

            def live(number: int = number) -> bool:
                return len(room.read()) <= number or texts.STOP.english in room.labels()

            looks = await until_done(read, live, telegram.wait_for)
            said.append(Said(question, looks[-1], looks))
        counted = Counter(call.method for call in telegram.calls if call.method not in ("getMe", "getUpdates"))
        return as_markdown("Telegram, private chat", await title(url), said, counted, len(telegram.refused))


async def on_slack(url: str) -> str:
    async with slack_rig(url, speed=1.0, settings=LOCAL) as (rig, slack):
        room, said, root = SlackRoom(rig, slack), [], ""
        for number, question in enumerate(QUESTIONS):
            if root:
                await slack.post(room.ann, room.channel, question, thread_ts=root)
            else:
                root = await room.mention(question)

            def read(number: int = number, root: str = root) -> str:
                return "".join(room.read(root)[number : number + 1])

            def live(root: str = root) -> bool:
                return any(texts.STOP.english in str(post.blocks) for post in room.bot_posts(root))

            looks = await until_done(read, live, slack.wait_for)
            said.append(Said(question, looks[-1], looks))
        counted = Counter(call.method for call in slack.calls)
        return as_markdown("Slack, a thread in a channel", await title(url), said, counted, len(slack.refused))


async def title(url: str) -> str | None:
    """The title as it is stored."""
    database = open_database(url)
    try:
        async with database.storage() as work:
            chat = await work.chats.get(1)
        return chat.title if chat else None
    finally:
        await database.close()


async def main() -> None:
    set_up_logs("warning")
    with tempfile.TemporaryDirectory() as folder:
        parts = [HEAD]
        for hold in (on_slack, on_telegram):
            url = f"sqlite:///{Path(folder) / hold.__name__}.db"
            database = open_database(url)
            await database.migrate()
            await database.close()
            parts.append(await hold(url))
    print("\n".join(parts))


if __name__ == "__main__":
    asyncio.run(main())
