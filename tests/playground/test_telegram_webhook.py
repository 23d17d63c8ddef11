"""The webhook: what is taken as one, how updates are delivered, repeated and given up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from playground.changes import Changes
from playground.telegram.methods_updates import WEBHOOK_ACTIVE
from tests.playground.telegram_world import Refused, World, telegram_world

SECRET = "secret-token_1"


class Receiver:
    """The bot's own server: takes updates and answers what it is told to, at last always 200."""

    def __init__(self) -> None:
        self.url = ""
        self.got: list[dict[str, Any]] = []
        self.secrets: list[str | None] = []
        self.answers: list[web.Response] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.changes = Changes()

    async def handle(self, request: web.Request) -> web.Response:
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        self.got.append(await request.json())
        self.changes.notify()
        await self.gate.wait()
        return self.answers.pop(0) if self.answers else web.Response()


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    server = Receiver()
    app = web.Application()
    app.router.add_post("/hook", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield server
    finally:
        server.gate.set()
        await runner.cleanup()


async def delivered(world: World, attempts: int) -> None:
    await world.telegram.wait_for(lambda: len(world.telegram.webhook_deliveries) >= attempts)


async def all_taken(world: World) -> None:
    await world.telegram.wait_for(lambda: not world.telegram.pending_updates)


async def test_updates_are_posted_with_the_secret_and_then_gone() -> None:
    async with telegram_world() as world, receiver() as hook:
        assert await world.bot.call("setWebhook", url=hook.url, secret_token=SECRET)
        await world.telegram.send(world.ann, world.chat, "hi")
        await all_taken(world)
        assert (hook.got[0]["message"]["text"], hook.secrets) == ("hi", [SECRET])
        info = await world.bot.call("getWebhookInfo")
        assert (info["url"], info["pending_update_count"], info["max_connections"]) == (hook.url, 0, 40)


async def test_what_waited_before_the_webhook_is_delivered_too_unless_it_is_dropped() -> None:
    async with telegram_world() as world, receiver() as hook:
        await world.telegram.send(world.ann, world.chat, "dropped")
        await world.bot.call("setWebhook", url=hook.url, drop_pending_updates=True)
        await world.bot.call("deleteWebhook")
        await world.telegram.send(world.ann, world.chat, "kept")
        await world.clock.advance(2)
        await world.bot.call("setWebhook", url=hook.url)
        await all_taken(world)
        assert [update["message"]["text"] for update in hook.got] == ["kept"]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://example.com/hook", "bad webhook: An HTTPS URL must be provided for webhook"),
        ("https://example.com:8000/hook", "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"),
        ("https://example.com/hook", "bad webhook: Failed to resolve host: Name or service not known"),
        ("http://127.0.0.1:1/hook", "bad webhook: Connection refused"),
    ],
)
async def test_a_webhook_that_cannot_work_is_refused(url: str, reason: str) -> None:
    async with telegram_world() as world:
        assert await world.bot.refusal("setWebhook", url=url) == f"Bad Request: {reason}"
        assert (await world.bot.call("getWebhookInfo"))["url"] == ""


async def test_a_secret_has_only_plain_letters() -> None:
    async with telegram_world() as world, receiver() as hook:
        assert await world.bot.refusal("setWebhook", url=hook.url, secret_token="a b") == (
            "Bad Request: secret token contains unallowed characters"
        )


async def test_setting_a_webhook_twice_in_a_second_is_too_much() -> None:
    async with telegram_world() as world, receiver() as hook:
        await world.bot.call("setWebhook", url=hook.url)
        assert await world.bot.refusal("setWebhook", url=hook.url) == "Too Many Requests: retry after 1"


async def test_polling_and_a_webhook_exclude_each_other() -> None:
    async with telegram_world() as world, receiver() as hook:
        poll = asyncio.create_task(world.updates(timeout=30))
        await world.telegram.wait_for(lambda: world.telegram.calls_of("getUpdates"))
        await world.bot.call("setWebhook", url=hook.url)
        with pytest.raises(Refused, match="409 Conflict: terminated by setWebhook request"):
            await poll
        await world.clock.advance(4)
        assert await world.bot.refusal("getUpdates") == f"Conflict: {WEBHOOK_ACTIVE}"


async def test_a_refused_update_is_tried_again_at_once_and_then_ever_more_slowly() -> None:
    async with telegram_world() as world, receiver() as hook:
        hook.answers = [web.Response(status=500) for _ in range(4)]
        await world.bot.call("setWebhook", url=hook.url)
        await world.telegram.send(world.ann, world.chat, "hi")
        for attempts, pause in ((2, 2), (3, 4), (4, 8)):
            await delivered(world, attempts)
            await world.clock.advance(pause + 0.1)
        await all_taken(world)
        start = world.telegram.webhook_deliveries[0].time
        assert [round(delivery.time - start) for delivery in world.telegram.webhook_deliveries] == [0, 0, 2, 6, 14]
        info = await world.bot.call("getWebhookInfo")
        assert info["last_error_message"] == "Wrong response from the webhook: 500 Internal Server Error"


async def test_retry_after_is_honoured() -> None:
    async with telegram_world() as world, receiver() as hook:
        hook.answers = [web.Response(status=503, headers={"Retry-After": "30"})]
        await world.bot.call("setWebhook", url=hook.url)
        await world.telegram.send(world.ann, world.chat, "hi")
        await delivered(world, 1)
        await world.clock.advance(29)
        assert len(hook.got) == 1
        await world.clock.advance(1.5)
        await all_taken(world)


async def test_no_answer_within_55_seconds_is_a_failure() -> None:
    async with telegram_world() as world, receiver() as hook:
        hook.gate.clear()
        await world.bot.call("setWebhook", url=hook.url)
        await world.telegram.send(world.ann, world.chat, "hi")
        await hook.changes.wait_for(lambda: hook.got)
        await world.clock.advance(56)
        await delivered(world, 1)
        assert world.telegram.webhook_deliveries[0].status == 0
        hook.gate.set()
        await all_taken(world)


async def test_an_update_that_expires_is_given_up() -> None:
    async with telegram_world() as world, receiver() as hook:
        hook.answers = [web.Response(status=500, headers={"Retry-After": "200"})]
        await world.bot.call("setWebhook", url=hook.url)
        await world.telegram.send(world.ann, world.chat, "hi", sent_at=world.clock.now() - 86_300)
        await all_taken(world)
        assert len(hook.got) == 1


async def test_messages_of_one_chat_come_one_after_the_other_and_those_of_two_side_by_side() -> None:
    async with telegram_world() as world, receiver() as hook:
        bob = world.telegram.add_person("Bob")
        hook.gate.clear()
        await world.bot.call("setWebhook", url=hook.url)
        for text in ("one", "two", "three"):
            await world.telegram.send(world.ann, world.chat, text)
        await world.telegram.send(bob, world.telegram.private_chat(bob), "from Bob")
        await hook.changes.wait_for(lambda: len(hook.got) >= 2)
        assert {update["message"]["text"] for update in hook.got} == {"one", "from Bob"}
        hook.gate.set()
        await all_taken(world)
        hers = [update["message"]["text"] for update in hook.got if update["message"]["from"]["id"] == world.ann.id]
        assert hers == ["one", "two", "three"]


async def test_no_more_connections_are_opened_than_the_bot_allows() -> None:
    async with telegram_world() as world, receiver() as hook:
        bob = world.telegram.add_person("Bob")
        hook.gate.clear()
        await world.bot.call("setWebhook", url=hook.url, max_connections=1)
        await world.telegram.send(world.ann, world.chat, "from Ann")
        await world.telegram.send(bob, world.telegram.private_chat(bob), "from Bob")
        await hook.changes.wait_for(lambda: hook.got)
        await world.bot.call("getMe")
        assert len(hook.got) == 1
        hook.gate.set()
        await all_taken(world)


async def test_a_press_may_overtake_a_message_of_the_same_chat() -> None:
    async with telegram_world() as world, receiver() as hook:
        hook.answers = [web.Response(status=500, headers={"Retry-After": "60"})]
        await world.bot.call("setWebhook", url=hook.url)
        await world.telegram.send(world.ann, world.chat, "first")
        await delivered(world, 1)
        press = asyncio.create_task(world.telegram.press_data(world.ann, world.chat, 999, "x"))
        await delivered(world, 2)
        assert ["callback_query" in update for update in hook.got] == [False, True]
        await world.bot.call("answerCallbackQuery", callback_query_id=hook.got[1]["callback_query"]["id"])
        await press


async def test_an_answer_may_carry_one_method_call() -> None:
    async with telegram_world() as world, receiver() as hook:
        reply = {"method": "sendMessage", "chat_id": world.chat.id, "text": "from the webhook"}
        hook.answers = [web.json_response(reply)]
        await world.bot.call("setWebhook", url=hook.url)
        await world.telegram.send(world.ann, world.chat, "hi")
        await world.telegram.wait_for(lambda: world.telegram.bot_messages(world.chat))
        assert world.telegram.bot_messages(world.chat)[0].text == "from the webhook"


async def test_a_server_that_is_gone_for_23_hours_loses_its_webhook() -> None:
    async with telegram_world() as world, receiver() as hook:
        hook.answers = [web.Response(status=410, headers={"Retry-After": "3600"}) for _ in range(30)]
        await world.bot.call("setWebhook", url=hook.url)
        await world.telegram.send(world.ann, world.chat, "hi")
        for attempts in range(1, 24):
            await delivered(world, attempts)
            await world.clock.advance(3601)
        await delivered(world, 24)
        await world.telegram.wait_for(lambda: world.telegram.account.webhook.url == "")


async def test_with_duplicates_a_taken_update_is_delivered_once_more() -> None:
    async with telegram_world() as world, receiver() as hook:
        world.telegram.account.queue.duplicates = 1
        await world.bot.call("setWebhook", url=hook.url)
        await world.telegram.send(world.ann, world.chat, "hi")
        await all_taken(world)
        assert [update["message"]["text"] for update in hook.got] == ["hi", "hi"]
        assert hook.got[0]["update_id"] == hook.got[1]["update_id"]
