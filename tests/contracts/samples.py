"""What the contract suites of storage and queue put in."""

from datetime import UTC, datetime, timedelta

from bot.engine.chats import Author, Chat, ChatKey
from bot.engine.ports import Storage
from bot.engine.turns import Turn, TurnStatus

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
THREAD = ChatKey("slack", "T1", "C1", "1700000000.000100")
OTHER_THREAD = ChatKey("slack", "T1", "C1", "1700000000.000200")
OTHER_CHANNEL = ChatKey("slack", "T1", "C2", "1700000000.000300")
OTHER_WORKSPACE = ChatKey("slack", "T2", "C1", "1700000000.000100")
OTHER_PLATFORM = ChatKey("telegram", "T1", "C1", "1700000000.000100")
ANN = Author("U1", "Ann")
BOB = Author("U2", "Bob")


async def add_chat(storage: Storage, key: ChatKey = THREAD, owner: str = ANN.id, now: datetime = NOW) -> Chat:
    async with storage() as work:
        chat = await work.chats.add(key, owner, now)
        await work.commit()
    return chat


async def ask(storage: Storage, chat: Chat, text: str = "Why?", author: Author = ANN) -> Turn:
    async with storage() as work:
        turn = await work.turns.ask(chat.id, text, author, "17.1", NOW)
        await work.commit()
    return turn


async def end(storage: Storage, turn: Turn, text: str = "Because.", status: TurnStatus = TurnStatus.DONE) -> bool:
    async with storage() as work:
        stands = await work.turns.end(await work.turns.get(turn.id) or turn, status, text, None, LATER)
        await work.commit()
    return stands


async def reread(storage: Storage, turn: Turn) -> Turn:
    async with storage() as work:
        found = await work.turns.get(turn.id)
    assert found is not None
    return found
