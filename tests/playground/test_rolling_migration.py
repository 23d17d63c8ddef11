"""A newer version migrates the database while replicas of this one still serve."""

from bot.engine import texts
from playground.telegram import TelegramStandIn
from playground.telegram.chats import Chat
from tests.playground.rig import eventually, telegram_rig
from tests.storage.replicas import Observer

QUESTIONS = 8
"""So many that every statement of a turn is prepared on its connection: those are what a changed table could break."""

NEWER = (
    "ALTER TABLE turns ADD COLUMN novelty boolean NOT NULL DEFAULT false",
    "ALTER TABLE chats ADD COLUMN novelty text",
    "ALTER TABLE orders ADD COLUMN novelty integer NOT NULL DEFAULT 0",
    "ALTER TABLE budgets ADD COLUMN novelty integer NOT NULL DEFAULT 0",
    "ALTER TABLE leases ADD COLUMN novelty integer NOT NULL DEFAULT 0",
    "CREATE TABLE novelties (id integer PRIMARY KEY)",
    "UPDATE alembic_version SET version_num = '9999'",
)
"""What the rule allows a migration to do: add tables, and columns with a default or that may be empty."""


async def ask(telegram: TelegramStandIn, chat: Chat, text: str) -> None:
    """Have a person ask, and wait for the answer."""
    before = len(telegram.bot_messages(chat))
    assert chat.person is not None
    await telegram.send(chat.person, chat, text)
    await eventually(lambda: len(telegram.bot_messages(chat)) > before, telegram.wait_for)
    await eventually(lambda: texts.STOP.english not in telegram.bot_messages(chat)[-1].button_labels, telegram.wait_for)


async def test_a_replica_goes_on_while_the_database_becomes_newer(postgres_url: str) -> None:
    async with telegram_rig(postgres_url, speed=20) as (_, telegram):
        chat = telegram.private_chat(telegram.add_person("Ann"))
        for number in range(QUESTIONS):
            await ask(telegram, chat, f"Question {number}?")
        for statement in NEWER:
            Observer(postgres_url).execute(statement)
        for number in range(QUESTIONS):
            await ask(telegram, chat, f"Question {number}, once more?")
        assert len(telegram.bot_messages(chat)) == 2 * QUESTIONS
