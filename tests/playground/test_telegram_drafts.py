"""Drafts: shown while a text is written, gone by themselves."""

from typing import Any

import pytest

from tests.playground.telegram_world import World, telegram_world


async def draft(world: World, text: str, draft_id: int = 1, **params: Any) -> bool:
    shown: bool = await world.bot.call(
        "sendMessageDraft", **{"chat_id": world.chat.id, "draft_id": draft_id, "text": text} | params
    )
    return shown


def visible(world: World, thread: int | None = None) -> str | None:
    frame = world.telegram.draft(world.chat, thread)
    return frame.text if frame else None


async def test_a_draft_is_seen_for_thirty_seconds_after_its_last_frame() -> None:
    async with telegram_world() as world:
        assert await draft(world, "On")
        await world.clock.advance(29)
        await draft(world, "Once")
        await world.clock.advance(29)
        assert visible(world) == "Once"
        await world.clock.advance(2)
        assert visible(world) is None
        assert [frame.text for frame in world.telegram.draft_frames] == ["On", "Once"]


async def test_a_real_message_ends_the_draft_of_its_topic_only() -> None:
    async with telegram_world(topics_enabled=True) as world:
        topic = await world.bot.call("createForumTopic", chat_id=world.chat.id, name="One")
        thread = topic["message_thread_id"]
        await draft(world, "in the topic", message_thread_id=thread)
        await draft(world, "in the chat")
        await world.send()
        assert (visible(world), visible(world, thread)) == (None, "in the topic")


async def test_an_empty_draft_means_thinking() -> None:
    async with telegram_world() as world:
        await draft(world, "")
        assert visible(world) == ""


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"draft_id": 0}, "RANDOM_ID_INVALID"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"message_thread_id": 77}, "message thread not found"),
    ],
)
async def test_a_wrong_draft_is_refused(params: dict[str, Any], reason: str) -> None:
    async with telegram_world() as world:
        call = {"chat_id": world.chat.id, "draft_id": 1, "text": "x"} | params
        assert await world.bot.refusal("sendMessageDraft", **call) == f"Bad Request: {reason}"


async def test_a_group_has_no_drafts() -> None:
    async with telegram_world() as world:
        group = world.telegram.add_group("Team", [world.ann])
        assert await world.bot.refusal("sendMessageDraft", chat_id=group.id, draft_id=1, text="x") == (
            "Bad Request: TEXTDRAFT_PEER_INVALID"
        )


async def test_the_stop_button_is_told_with_the_id_as_text_and_hides_later_frames() -> None:
    async with telegram_world() as world:
        await draft(world, "On", can_stop=True)
        await world.telegram.press_stop(world.ann, world.chat)
        assert world.telegram.pending_updates[-1]["stopped_message_generation"] == {
            "chat": world.chat.as_json(),
            "draft_id": "1",
        }
        await draft(world, "Once")
        assert visible(world) is None
        await draft(world, "Another", draft_id=2)
        assert visible(world) == "Another"


async def test_a_draft_without_a_stop_button_cannot_be_stopped() -> None:
    async with telegram_world() as world:
        await draft(world, "On")
        with pytest.raises(LookupError):
            await world.telegram.press_stop(world.ann, world.chat)
