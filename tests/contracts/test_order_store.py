"""What every storage promises of the orders for the platforms."""

from datetime import timedelta

from bot.engine.chats import MessageRef, TitleSource
from bot.engine.orders import Order
from bot.engine.ports import Storage
from tests.contracts.samples import ANN, LATER, NOW, OTHER_PLATFORM, OTHER_THREAD, THREAD, add_chat

LEASE_END = LATER + timedelta(minutes=1)


async def order_deletion(storage: Storage, ref: MessageRef) -> None:
    async with storage() as work:
        await work.orders.add_deletion(ref, NOW)
        await work.commit()


async def order_title(storage: Storage, chat_id: int, title: str) -> None:
    async with storage() as work:
        await work.chats.rename(chat_id, title, TitleSource.PERSON)
        await work.orders.add_title(chat_id, NOW)
        await work.commit()


async def take(storage: Storage, *platforms: str) -> list[Order]:
    async with storage() as work:
        taken = await work.orders.take(platforms or ("slack",), LATER, LEASE_END)
        await work.commit()
    return taken


async def test_an_order_is_taken_by_one_until_its_time_is_over(storage: Storage) -> None:
    await order_deletion(storage, MessageRef(THREAD, "17.1"))
    [order] = await take(storage)
    assert (order.key, order.message_id, order.title, order.tries) == (THREAD, "17.1", None, 0)
    assert await take(storage) == []
    async with storage() as work:
        [again] = await work.orders.take(["slack"], LEASE_END, LEASE_END)
    assert again == order


async def test_only_orders_for_the_platforms_at_hand_are_taken(storage: Storage) -> None:
    await order_deletion(storage, MessageRef(THREAD, "17.1"))
    await order_deletion(storage, MessageRef(OTHER_PLATFORM, "5"))
    [order] = await take(storage, "telegram", "mastodon")
    assert order.key == OTHER_PLATFORM
    assert await take(storage, "mastodon") == []


async def test_a_deletion_outlives_its_chat_and_a_title_does_not(storage: Storage) -> None:
    chat = await add_chat(storage)
    await order_deletion(storage, MessageRef(chat.key, "17.1"))
    await order_title(storage, chat.id, "Plans")
    async with storage() as work:
        await work.chats.delete(chat.id)
        await work.orders.add_title(chat.id, NOW)
        await work.commit()
    assert [order.message_id for order in await take(storage)] == ["17.1"]


async def test_a_chats_titles_are_one_order_with_the_title_that_the_chat_has_now(storage: Storage) -> None:
    chat, other = await add_chat(storage), await add_chat(storage, OTHER_THREAD)
    for title in ("First", "Second"):
        await order_title(storage, chat.id, title)
    await order_title(storage, other.id, "Elsewhere")
    async with storage() as work:
        await work.chats.rename(chat.id, "Third", TitleSource.PERSON)
        await work.commit()
    taken = await take(storage)
    assert [(order.key, order.title) for order in taken] == [(THREAD, "Third"), (OTHER_THREAD, "Elsewhere")]


async def test_what_is_done_is_forgotten(storage: Storage) -> None:
    await order_deletion(storage, MessageRef(THREAD, "17.1"))
    [order] = await take(storage)
    async with storage() as work:
        await work.orders.done(order, NOW)
        await work.orders.done(order, NOW)
        await work.commit()
    async with storage() as work:
        assert await work.orders.take(["slack"], LEASE_END, LEASE_END) == []


async def test_what_is_put_off_is_due_then_with_one_try_more(storage: Storage) -> None:
    await order_deletion(storage, MessageRef(THREAD, "17.1"))
    [order] = await take(storage)
    async with storage() as work:
        await work.orders.put_off(order, NOW)
        await work.commit()
    [again] = await take(storage)
    assert (again.id, again.tries) == (order.id, 1)


async def test_who_did_what_was_ordered_anew_meanwhile_has_not_done_it(storage: Storage) -> None:
    """Race: the old title is under way to the platform while a person gives a new one."""
    chat = await add_chat(storage)
    await order_title(storage, chat.id, "Old")
    [old] = await take(storage)
    await order_title(storage, chat.id, "New")
    assert await take(storage) == []
    async with storage() as work:
        await work.orders.done(old, LATER)
        await work.commit()
    [new] = await take(storage)
    assert (new.id, new.title, new.tries) == (old.id, "New", 0)


async def test_a_wait_that_the_platform_asked_for_counts_for_a_newer_title_too(storage: Storage) -> None:
    chat = await add_chat(storage)
    await order_title(storage, chat.id, "Old")
    [old] = await take(storage)
    await order_title(storage, chat.id, "New")
    async with storage() as work:
        await work.orders.put_off(old, LEASE_END)
        await work.commit()
    assert await take(storage) == []
    async with storage() as work:
        [new] = await work.orders.take(["slack"], LEASE_END, LEASE_END)
    assert (new.id, new.title, new.tries) == (old.id, "New", 0)


async def test_an_order_of_a_unit_of_work_that_is_rolled_back_is_none(storage: Storage) -> None:
    async with storage() as work:
        chat = await work.chats.add(THREAD, ANN.id, NOW)
        await work.orders.add_deletion(MessageRef(THREAD, "17.1"), NOW)
        await work.orders.add_title(chat.id, NOW)
    assert await take(storage) == []
