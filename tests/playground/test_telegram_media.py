"""What is sent besides text, and how the bot fetches files."""

from tests.playground.telegram_world import World, telegram_world


async def download(world: World, path: str, token: str = "") -> tuple[int, bytes]:
    url = f"{world.telegram.api_url}/file/bot{token or world.telegram.token}/{path}"
    async with world.bot.session.get(url) as response:
        return response.status, await response.read()


async def test_a_photo_comes_in_several_sizes_with_its_caption() -> None:
    async with telegram_world() as world:
        await world.telegram.send_file(world.ann, world.chat, "photo", b"x" * 5000, caption="see example.com")
        message = (await world.updates())[-1]["message"]
        assert [size["width"] for size in message["photo"]] == [90, 320, 800, 1280]
        assert "text" not in message
        assert (message["caption"], message["caption_entities"][0]["type"]) == ("see example.com", "url")


async def test_in_a_group_a_photo_reaches_the_bot_when_its_caption_names_it() -> None:
    async with telegram_world() as world:
        group = world.telegram.add_group("Team", [world.ann])
        await world.telegram.send_file(world.ann, group, "photo", b"x" * 50, caption="look")
        await world.telegram.send_file(world.ann, group, "photo", b"x" * 50, caption="look @threadline_bot")
        captions = [update["message"]["caption"] for update in world.telegram.pending_updates]
        assert captions == ["look @threadline_bot"]


async def test_a_file_is_fetched_by_the_link_that_get_file_makes() -> None:
    async with telegram_world() as world:
        await world.telegram.send_file(
            world.ann, world.chat, "document", b"hello", name="a.txt", mime_type="text/plain"
        )
        document = (await world.updates())[-1]["message"]["document"]
        assert (document["file_name"], document["mime_type"], document["file_size"]) == ("a.txt", "text/plain", 5)
        link = await world.bot.call("getFile", file_id=document["file_id"])
        assert await download(world, link["file_path"]) == (200, b"hello")
        assert (await download(world, link["file_path"], token="1:" + "A" * 35))[0] == 401
        await world.clock.advance(3601)
        assert (await download(world, link["file_path"]))[0] == 404


async def test_a_large_or_unknown_file_cannot_be_fetched() -> None:
    async with telegram_world() as world:
        await world.telegram.send_file(world.ann, world.chat, "voice", b"x" * ((20 << 20) + 1))
        voice = (await world.updates())[-1]["message"]["voice"]
        assert await world.bot.refusal("getFile", file_id=voice["file_id"]) == "Bad Request: file is too big"
        assert await world.bot.refusal("getFile", file_id="x") == (
            "Bad Request: wrong file_id or the file is temporarily unavailable"
        )


async def test_the_text_of_a_message_without_text_cannot_be_edited() -> None:
    async with telegram_world() as world:
        sticker = world.telegram.account.post(world.chat, world.telegram.bot, extra={"sticker": {"emoji": "👍"}})
        edit = {"chat_id": world.chat.id, "message_id": sticker.message_id, "text": "x"}
        assert await world.bot.refusal("editMessageText", **edit) == (
            "Bad Request: there is no text in the message to edit"
        )


async def test_anything_else_can_be_sent_too() -> None:
    async with telegram_world() as world:
        await world.telegram.send_service(world.ann, world.chat, sticker={"file_id": "x", "emoji": "👍"})
        assert (await world.updates())[-1]["message"]["sticker"]["emoji"] == "👍"


async def test_an_album_comes_as_one_message_for_each_file_the_caption_under_the_first() -> None:
    async with telegram_world() as world:
        group = await world.telegram.send_album(world.ann, world.chat, [("photo", b"x"), ("photo", b"y")], "look")
        messages = [update["message"] for update in await world.updates()]
        assert [message["media_group_id"] for message in messages] == [group, group]
        assert [message.get("caption") for message in messages] == ["look", None]


async def test_a_forwarded_message_tells_whose_it_was() -> None:
    async with telegram_world() as world:
        bob = world.telegram.add_person("Bob")
        group = world.telegram.add_group("Team", [bob, world.ann])
        message_id = await world.telegram.send(bob, group, "see example.com")
        await world.telegram.forward(world.ann, world.chat, group, message_id)
        message = (await world.updates())[-1]["message"]
        assert (message["text"], message["entities"][0]["type"]) == ("see example.com", "url")
        assert message["forward_origin"]["sender_user"]["first_name"] == "Bob"


async def test_an_edit_of_a_file_changes_its_caption() -> None:
    async with telegram_world() as world:
        message_id = await world.telegram.send_file(world.ann, world.chat, "photo", b"x", caption="one")
        await world.telegram.edit(world.ann, world.chat, message_id, "two example.com")
        edited = (await world.updates())[-1]["edited_message"]
        assert (edited["caption"], edited["caption_entities"][0]["type"]) == ("two example.com", "url")
        assert "text" not in edited
