"""The wire: addresses, tokens, method names and the four ways to encode parameters."""

import json
from typing import Any

import aiohttp
import pytest

from tests.playground.telegram_world import World, telegram_world

ENTITIES = [{"type": "bold", "offset": 0, "length": 2}]


async def answer(world: World, path: str, **request: Any) -> tuple[int, dict[str, Any]]:
    async with world.bot.session.post(f"{world.telegram.api_url}/{path}", **request) as response:
        return response.status, await response.json()


def in_query(params: dict[str, Any]) -> dict[str, Any]:
    return {"params": params}


def in_form(params: dict[str, Any]) -> dict[str, Any]:
    return {"data": params}


def in_multipart(params: dict[str, Any]) -> dict[str, Any]:
    form = aiohttp.MultipartWriter("form-data")
    for name, value in params.items():
        form.append(value).set_content_disposition("form-data", name=name)
    return {"data": form}


def in_json_as_text(params: dict[str, Any]) -> dict[str, Any]:
    return {"json": params}


@pytest.mark.parametrize("encode", [in_query, in_form, in_multipart, in_json_as_text])
async def test_parameters_come_in_any_encoding_with_structures_as_json_text(encode: Any) -> None:
    async with telegram_world() as world:
        params = {"chat_id": str(world.chat.id), "text": "hi", "entities": json.dumps(ENTITIES)}
        status, body = await answer(world, f"bot{world.telegram.token}/sendMessage", **encode(params))
        assert (status, body["result"]["text"], body["result"]["entities"]) == (200, "hi", ENTITIES)


async def test_a_json_body_may_hold_numbers_and_structures_as_they_are() -> None:
    async with telegram_world() as world:
        assert (await world.send("hi", entities=ENTITIES))["entities"] == ENTITIES


async def test_get_works_as_well_as_post() -> None:
    async with (
        telegram_world() as world,
        world.bot.session.get(f"{world.bot.base}/sendMessage?chat_id={world.chat.id}&text=hi") as response,
    ):
        assert (await response.json())["result"]["text"] == "hi"


async def test_the_case_of_a_method_does_not_matter() -> None:
    async with telegram_world() as world:
        assert await world.bot.call("GETME") == await world.bot.call("getme") == await world.bot.call("getMe")
        assert len(world.telegram.calls_of("getMe")) == 3


@pytest.mark.parametrize(
    ("path", "status", "description"),
    [
        ("bot{token}/sendPigeon", 404, "Not Found: method not found"),
        ("bot{token}", 404, "Not Found"),
        ("bot{token}/getMe/again", 404, "Not Found"),
        ("", 404, "Not Found"),
        ("bot123/getMe", 401, "Unauthorized: invalid token specified"),
        ("bot1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/getMe", 401, "Unauthorized"),
        ("bot{token}x/getMe", 401, "Unauthorized"),
    ],
)
async def test_a_wrong_address_is_refused(path: str, status: int, description: str) -> None:
    async with telegram_world() as world:
        refused = await answer(world, path.format(token=world.telegram.token))
        assert refused == (status, {"ok": False, "error_code": status, "description": description})


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"\xff"])
async def test_a_broken_body_is_refused(body: bytes) -> None:
    async with telegram_world() as world:
        headers = {"Content-Type": "application/json"}
        path = f"bot{world.telegram.token}/sendMessage"
        status, refused = await answer(world, path, data=body, headers=headers)
        assert (status, refused["ok"]) == (400, False)


async def test_unknown_parameters_do_not_matter() -> None:
    async with telegram_world() as world:
        assert (await world.send("hi", colour="blue"))["text"] == "hi"


async def test_every_request_is_written_down() -> None:
    async with telegram_world() as world:
        await world.send("hi")
        await world.refused_send("")
        first, second = world.telegram.calls
        assert (first.method, first.params["text"], first.time, first.error) == (
            "sendMessage",
            "hi",
            world.clock.now(),
            None,
        )
        assert (second.error, second.status, second.chat_id) == (
            "Bad Request: message text is empty",
            400,
            world.chat.id,
        )
        assert world.telegram.refused == [second]
