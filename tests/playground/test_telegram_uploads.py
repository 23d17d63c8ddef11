"""What the bot sends besides text: photos, files, albums, copies, and the captions under them."""

import struct
from typing import Any

import pytest

from playground.telegram.errors import ApiError
from playground.telegram.images import image_size
from playground.telegram.parameters import Parameters, UploadedFile
from playground.telegram.uploads import media_part
from tests.playground.telegram_world import Refused, World, picture, telegram_world

VOICE = b"OggS" + b"\0" * 100


async def send(world: World, method: str, data: bytes, **params: Any) -> dict[str, Any]:
    kind = method.removeprefix("send").lower()
    sent: dict[str, Any] = await world.bot.upload(method, {kind: data}, chat_id=world.chat.id, **params)
    return sent


async def refused(world: World, method: str, data: bytes, **params: Any) -> str:
    with pytest.raises(Refused) as error:
        await send(world, method, data, **params)
    return str(error.value.description)


async def test_send_photo_gives_the_sizes_of_a_picture_the_largest_last() -> None:
    async with telegram_world() as world:
        sent = await send(world, "sendPhoto", picture(1000, 500), caption="**see**", parse_mode="Markdown")
        assert [(size["width"], size["height"]) for size in sent["photo"]] == [
            (90, 45),
            (320, 160),
            (800, 400),
            (1000, 500),
        ]
        assert "text" not in sent
        assert await download(world, sent["photo"][-1]["file_id"]) == picture(1000, 500)


async def download(world: World, file_id: str) -> bytes:
    link = await world.bot.call("getFile", file_id=file_id)
    url = f"{world.telegram.api_url}/file/bot{world.telegram.token}/{link['file_path']}"
    async with world.bot.session.get(url) as response:
        return await response.read()


async def test_a_photo_is_at_most_2560_wide_or_high() -> None:
    async with telegram_world() as world:
        sizes = (await send(world, "sendPhoto", picture(5000, 2500)))["photo"]
        assert [size["width"] for size in sizes] == [90, 320, 800, 1280, 2560]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no picture", "IMAGE_PROCESS_FAILED"),
        (picture(9000, 1001), "PHOTO_INVALID_DIMENSIONS"),
        (picture(2100, 100), "PHOTO_INVALID_DIMENSIONS"),
        (b"", "file must be non-empty"),
        (
            picture(size=(10 << 20) + 1),
            "file of size 10485761 bytes is too big for a photo; the maximum size is 10485760 bytes",
        ),
    ],
)
async def test_send_photo_refuses_what_is_no_picture_or_too_large(data: bytes, reason: str) -> None:
    async with telegram_world() as world:
        assert await refused(world, "sendPhoto", data) == f"Bad Request: {reason}"


def test_the_size_of_a_picture_is_read_from_every_usual_format() -> None:
    jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08" + struct.pack(">HH", 20, 30) + b"\0" * 9
    assert image_size(jpeg) == (30, 20)
    assert image_size(b"GIF89a" + struct.pack("<HH", 3, 4)) == (3, 4)
    assert image_size(b"RIFF\0\0\0\0WEBPVP8X" + b"\0" * 8 + b"\x09\0\0\x04\0\0") == (10, 5)
    assert image_size(b"RIFF\0\0\0\0WEBPVP8L" + b"\0" * 5 + struct.pack("<I", 4 << 14 | 9) + b"\0" * 5) == (10, 5)
    assert image_size(b"RIFF\0\0\0\0WEBPVP8 " + b"\0" * 10 + struct.pack("<HH", 10, 5)) == (10, 5)
    assert image_size(b"\xff\xd8") is None


async def test_send_document_takes_fifty_megabytes_and_no_byte_more() -> None:
    async with telegram_world() as world:
        sent = await send(world, "sendDocument", b"x")
        assert (sent["document"]["file_size"], sent["document"]["file_name"]) == (1, "document.bin")
        account, most = world.telegram.account, 50 << 20
        part = media_part(account, Parameters({}), "document", UploadedFile("a", "", bytes(most)))
        assert part is not None
        assert part["document"]["file_size"] == most
        with pytest.raises(ApiError, match="Request Entity Too Large"):
            media_part(account, Parameters({}), "document", UploadedFile("a", "", bytes(most + 1)))


async def test_a_request_of_more_than_51_megabytes_is_not_even_read() -> None:
    async with telegram_world() as world:
        assert await refused(world, "sendDocument", bytes(52 << 20)) == "Request Entity Too Large"


async def test_send_audio_shows_what_the_bot_says_about_the_music() -> None:
    async with telegram_world() as world:
        audio = (await send(world, "sendAudio", b"ID3", performer="Ann", title="Song", duration=90))["audio"]
        assert (audio["performer"], audio["title"], audio["duration"]) == ("Ann", "Song", 90)


async def test_send_voice_takes_ogg_mp3_and_m4a_and_shows_anything_else_as_a_document() -> None:
    async with telegram_world() as world:
        assert (await send(world, "sendVoice", VOICE, duration=7))["voice"]["duration"] == 7
        for spoken in (b"ID3", b"\xff\xfb", b"\0\0\0\x18ftypM4A "):
            assert "voice" in await send(world, "sendVoice", spoken)
        assert "document" in await send(world, "sendVoice", b"RIFF")


async def test_send_video_shows_its_size() -> None:
    async with telegram_world() as world:
        video = (await send(world, "sendVideo", b"mp4", width=100, height=50))["video"]
        assert (video["width"], video["height"]) == (100, 50)


async def test_a_file_is_sent_again_by_its_id_and_only_as_what_it_was() -> None:
    async with telegram_world() as world:
        photo = (await send(world, "sendPhoto", picture()))["photo"]
        again = await world.bot.call("sendPhoto", chat_id=world.chat.id, photo=photo[0]["file_id"])
        assert again["photo"] == photo
        as_document = {"chat_id": world.chat.id, "document": photo[0]["file_id"]}
        assert await world.bot.refusal("sendDocument", **as_document) == (
            "Bad Request: can't use file of type Photo as Document"
        )


async def test_a_file_that_is_missing_unknown_or_on_the_internet_is_refused() -> None:
    async with telegram_world() as world:
        for params, reason in (
            ({}, "there is no photo in the request"),
            ({"photo": "attach://nothing"}, "there is no photo in the request"),
            ({"photo": "AgACnobody"}, "wrong file identifier/HTTP URL specified"),
            ({"photo": "https://example.com/a.png"}, "failed to get HTTP URL content"),
        ):
            refusal = await world.bot.refusal("sendPhoto", chat_id=world.chat.id, **params)
            assert refusal == f"Bad Request: {reason}"


async def test_a_caption_has_at_most_1024_characters_after_its_markup() -> None:
    async with telegram_world() as world:
        sent = await send(world, "sendDocument", b"x", caption=f"<b>{'😀' * 1024}</b>", parse_mode="HTML")
        assert len(sent["caption"]) == 1024
        assert sent["caption_entities"] == [{"type": "bold", "offset": 0, "length": 2048}]
        assert (
            await refused(world, "sendDocument", b"x", caption="x" * 1025) == "Bad Request: message caption is too long"
        )


def album(*kinds: str) -> list[dict[str, str]]:
    return [{"type": kind, "media": f"attach://{kind}"} for kind in kinds]


FILES = {"photo": picture(), "video": b"mp4", "document": b"text", "audio": b"ID3"}


async def test_send_media_group_makes_one_message_of_each_file_under_one_group_id() -> None:
    async with telegram_world() as world:
        media = album("photo", "video")
        media[0]["caption"] = "both"
        sent = await world.bot.upload("sendMediaGroup", FILES, chat_id=world.chat.id, media=media)
        assert len({message["media_group_id"] for message in sent}) == 1
        assert [message.get("caption") for message in sent] == ["both", None]


@pytest.mark.parametrize(
    ("media", "reason"),
    [
        (album("photo"), "too few messages to send as an album"),
        (album(*["photo"] * 11), "too many messages to send as an album"),
        (album("photo", "document"), "documents and audio can't be mixed with other media types in an album"),
        (album("voice", "photo"), "can't parse InputMedia: type must be one of photo, video, document, audio"),
        ([{"type": "photo", "media": "attach://gone"}] * 2, "media not found"),
    ],
)
async def test_send_media_group_takes_two_to_ten_files_that_go_together(media: list[Any], reason: str) -> None:
    async with telegram_world() as world:
        with pytest.raises(Refused) as error:
            await world.bot.upload("sendMediaGroup", FILES, chat_id=world.chat.id, media=media)
        assert error.value.description == f"Bad Request: {reason}"


async def test_an_album_counts_as_many_messages_as_it_has() -> None:
    async with telegram_world() as world:
        await world.bot.upload("sendMediaGroup", FILES, chat_id=world.chat.id, media=album(*["photo"] * 5))
        assert await world.refused_send() == "Too Many Requests: retry after 3"


async def test_edit_message_caption_changes_captions_and_nothing_else() -> None:
    async with telegram_world() as world:
        sent = await send(world, "sendPhoto", picture(), caption="one")
        edit = {"chat_id": world.chat.id, "message_id": sent["message_id"]}
        edited = await world.bot.call("editMessageCaption", caption="two", **edit)
        assert (edited["caption"], edited["photo"]) == ("two", sent["photo"])
        assert "message is not modified" in await world.bot.refusal("editMessageCaption", caption="two", **edit)
        assert "caption" not in await world.bot.call("editMessageCaption", **edit)
        text = await world.send()
        assert await world.bot.refusal(
            "editMessageCaption", chat_id=world.chat.id, message_id=text["message_id"], caption="x"
        ) == ("Bad Request: there is no caption in the message to edit")


async def test_copy_message_gives_an_id_and_may_change_the_caption() -> None:
    async with telegram_world() as world:
        await world.telegram.send_file(world.ann, world.chat, "document", b"x", name="a.txt", caption="hers")
        update = (await world.updates())[-1]["message"]
        source = {"chat_id": world.chat.id, "from_chat_id": world.chat.id, "message_id": update["message_id"]}
        copies = [await world.bot.call("copyMessage", **source, **more) for more in ({}, {"caption": "mine"})]
        stored = [world.telegram.message(world.chat, copy["message_id"]) for copy in copies]
        assert [message.extra["caption"] for message in stored] == ["hers", "mine"]
        assert all(message.sender is world.telegram.bot for message in stored)


async def test_forward_message_tells_whose_it_was_also_the_second_time() -> None:
    async with telegram_world() as world:
        message_id = await world.telegram.send(world.ann, world.chat, "mine")
        source = {"chat_id": world.chat.id, "from_chat_id": world.chat.id}
        first = await world.bot.call("forwardMessage", message_id=message_id, **source)
        again = await world.bot.call("forwardMessage", message_id=first["message_id"], **source)
        assert first["text"] == again["text"] == "mine"
        assert again["forward_origin"] == first["forward_origin"]
        assert first["forward_origin"]["sender_user"]["id"] == world.ann.id


@pytest.mark.parametrize(
    ("method", "verb", "done"), [("copyMessage", "copy", "copied"), ("forwardMessage", "forward", "forwarded")]
)
async def test_protected_and_service_messages_stay_where_they_are(method: str, verb: str, done: str) -> None:
    async with telegram_world() as world:
        protected = await world.send(protect_content=True)
        assert protected["has_protected_content"]
        source = {"chat_id": world.chat.id, "from_chat_id": world.chat.id}
        for message_id, reason in (
            (protected["message_id"], f"message can't be {done}"),
            (999, f"message to {verb} not found"),
            (0, "message identifier is not specified"),
        ):
            refusal = await world.bot.refusal(method, message_id=message_id, **source)
            assert refusal == f"Bad Request: {reason}"


async def test_an_edited_text_stays_protected() -> None:
    async with telegram_world() as world:
        sent = await world.send(protect_content=True)
        edited = await world.bot.call(
            "editMessageText", chat_id=world.chat.id, message_id=sent["message_id"], text="new"
        )
        assert edited["has_protected_content"]
