"""Orders for the platforms that are stored first and then carried out until they stand or are refused for good."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import structlog

from bot.engine.chats import MessageRef
from bot.engine.delivery import Delivery
from bot.engine.errors import DeliveryError, PlatformUnavailable, RateLimited, StorageUnavailable
from bot.engine.orders import Order
from bot.engine.ports import Clock, Storage, UnitOfWork

log = structlog.get_logger()

LOOK = 5.0
"""Seconds between two looks for orders that another process left, or that were put off."""

LEASE = timedelta(seconds=60)
"""How long orders belong to the process that took them; afterwards another one may carry them out, which does no harm:
a message that is gone and a title that stands are both fine."""

PATIENCE = 10.0
"""Seconds that an order waits for its lane; where that is further away, it is put off as long as that."""

LONGEST_PAUSE = 600.0


class Outbox:
    """Takes orders in a caller's unit of work and carries them out afterwards, here or in another process."""

    def __init__(self, storage: Storage, deliveries: Mapping[str, Delivery], clock: Clock) -> None:
        self._storage = storage
        self._deliveries = deliveries
        self._clock = clock
        self._news = asyncio.Event()
        self._stopping = False
        self._away = False
        self._idle = asyncio.Event()
        self._idle.set()

    async def delete_post(self, work: UnitOfWork, ref: MessageRef) -> None:
        """Have a message of ours taken away."""
        await work.orders.add_deletion(ref, self._now())
        work.after_commit(self._news.set)

    async def show_title(self, work: UnitOfWork, chat_id: int) -> None:
        """Have the chat's title shown where the platform has a place for it; the newest one counts."""
        await work.orders.add_title(chat_id, self._now())
        work.after_commit(self._news.set)

    async def run(self) -> None:
        """Carry out what is due, until `stop`; what there is afterwards stays for the next start."""
        self._idle.clear()
        try:
            while not self._stopping:
                self._news.clear()
                await self._look()
                await self._until_news()
        finally:
            self._idle.set()

    async def stop(self, grace: float) -> None:
        """Take no more orders, and wait at most so many seconds for those in hand."""
        self._stopping = True
        self._news.set()
        idle = asyncio.create_task(self._idle.wait(), name="outbox-idle")
        timer = asyncio.ensure_future(self._clock.sleep(grace))
        await asyncio.wait({idle, timer}, return_when=asyncio.FIRST_COMPLETED)
        idle.cancel()
        timer.cancel()

    async def _look(self) -> None:
        """Carry out everything that is due; a database that is away is asked again with the next look."""
        try:
            while not self._stopping and await self._carry_out_some():
                self._away = False
        except StorageUnavailable as error:
            if not self._away:  # once, not with every look
                log.warning("orders_wait_for_database", reason=str(error))
            self._away = True
        except Exception:  # whatever it was, the orders of others must not wait for it
            log.exception("outbox_broken")

    async def _carry_out_some(self) -> bool:
        """Whether there was anything to do."""
        now = self._now()
        async with self._storage() as work:
            orders = await work.orders.take(list(self._deliveries), now, now + LEASE)
            await work.commit()
        ends = await asyncio.gather(*(self._carry_out(order) for order in orders), return_exceptions=True)
        for failure in (end for end in ends if end is not None):
            raise failure
        return bool(orders)

    async def _carry_out(self, order: Order) -> None:
        pause = await self._tried(order)
        async with self._storage() as work:
            if pause is None:
                await work.orders.done(order, self._now())
            else:
                await work.orders.put_off(order, self._now() + timedelta(seconds=pause))
            await work.commit()

    async def _tried(self, order: Order) -> float | None:
        """Do it once; how many seconds to wait until the next try, None where there need not be one."""
        delivery = self._deliveries[order.key.platform]
        try:
            if order.message_id is not None:
                await delivery.delete_once(MessageRef(order.key, order.message_id), PATIENCE)
            elif order.title:
                await delivery.show_title_once(order.key, order.title, PATIENCE)
        except RateLimited as limited:
            return limited.retry_after
        except PlatformUnavailable as error:
            log.info("order_put_off", order=order.id, platform=order.key.platform, reason=str(error))
            return min(2.0 ** min(order.tries + 1, 10), LONGEST_PAUSE)
        except DeliveryError as error:
            log.warning("order_refused", order=order.id, platform=order.key.platform, reason=str(error))
        return None

    async def _until_news(self) -> None:
        news = asyncio.create_task(self._news.wait(), name="outbox-news")
        timer = asyncio.ensure_future(self._clock.sleep(LOOK))
        try:
            await asyncio.wait({news, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()
            timer.cancel()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC)
