"""Files of ours in the stand-in for Slack: where they stand, and what is left of them where a call fails."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.engine.chats import ChatKey, MessageRef
from bot.engine.errors import (
    DeliveryError,
    MessageGone,
    PermissionMissing,
    PlaceGone,
    PlatformRefused,
    PlatformUnavailable,
    RateLimited,
)
from bot.engine.ports import Kind
from tests.adapters.test_slack_stand_in import Office, office

COMPLETE = "files.completeUploadExternal"


@pytest.fixture
async def room() -> AsyncIterator[Office]:
    async with office() as running:
        yield running


async def send(room: Office, key: ChatKey) -> MessageRef:
    return await room.adapter.messenger.send_file(key, "tea.md", b"green", "All of it, @channel")


def shown(room: Office, key: ChatKey) -> list[Any]:
    """The messages of the thread that show a file."""
    return [message for message in room.slack.thread(room.channel, key.thread) if message.files]


async def test_a_file_stands_in_its_thread_and_calls_nobody(room: Office) -> None:
    key = await room.mention("hello")
    await send(room, key)
    (message,) = shown(room, key)
    assert (message.files[0]["name"], message.files[0]["title"]) == ("tea.md", "tea.md")
    assert "@\u2060channel" in message.text
    assert room.slack.notified == []


async def test_a_deleted_file_leaves_neither_its_bytes_nor_its_message(room: Office) -> None:
    key = await room.mention("hello")
    ref = await send(room, key)
    await room.adapter.messenger.delete(ref)
    assert shown(room, key) == []
    assert [file.deleted for file in room.slack.workspace.files.values()] == [True]


async def test_a_deletion_that_broke_off_in_the_middle_goes_on(room: Office) -> None:
    key = await room.mention("hello")
    ref = await send(room, key)
    room.slack.fail("chat.delete", status=503)
    with pytest.raises(PlatformUnavailable):
        await room.adapter.messenger.delete(ref)
    await room.adapter.messenger.delete(ref)
    assert shown(room, key) == []
    with pytest.raises(MessageGone):
        await room.adapter.messenger.delete(ref)


async def test_a_file_of_somebody_else_is_not_deleted(room: Office) -> None:
    key = await room.mention("hello")
    ts = await room.slack.upload(room.ann, room.channel, "hers.txt", b"x", thread_ts=key.thread)
    (file,) = room.slack.message(room.channel, ts).files
    with pytest.raises(PlatformRefused, match="cant_delete_file"):
        await room.adapter.messenger.delete(MessageRef(key, f"{file['id']}@1790000000"))


async def test_without_the_scope_nothing_is_sent_and_the_log_can_name_it(room: Office) -> None:
    key = await room.mention("hello")
    room.slack.app.scopes -= {"files:write"}
    with pytest.raises(PermissionMissing, match="files:write"):
        await send(room, key)


async def test_a_file_of_which_nobody_knows_whether_it_stands_is_taken_back(room: Office) -> None:
    """Else it would stand there unknown, and stay when its chat is deleted."""
    key = await room.mention("hello")
    room.slack.reset(COMPLETE, applied=True)
    with pytest.raises(PlatformUnavailable):
        await send(room, key)
    assert [file.deleted for file in room.slack.workspace.files.values()] == [True]
    room.slack.reset(COMPLETE, applied=False)
    with pytest.raises(PlatformUnavailable):
        await send(room, key)


async def test_where_nothing_can_be_taken_back_the_first_error_is_told(room: Office) -> None:
    key = await room.mention("hello")
    room.slack.reset(COMPLETE, applied=True)
    room.slack.fail("files.delete", status=503)
    with pytest.raises(PlatformUnavailable, match=COMPLETE):
        await send(room, key)
    assert len(shown(room, key)) == 1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [({"error": "not_in_channel"}, PlaceGone), ({"error": "file_update_failed"}, PlatformRefused)],
)
async def test_other_refusals_are_told_as_of_other_calls(
    room: Office, fault: dict[str, Any], kind: type[DeliveryError]
) -> None:
    key = await room.mention("hello")
    room.slack.fail(COMPLETE, **fault)
    with pytest.raises(kind) as refused:
        await send(room, key)
    assert not isinstance(refused.value, PermissionMissing)


async def test_a_limit_of_the_last_step_is_told_and_of_the_first_one_waited_for(room: Office) -> None:
    key = await room.mention("hello")
    room.slack.fail("files.getUploadURLExternal", status=429, retry_after=2)
    await send(room, key)
    room.slack.fail(COMPLETE, status=429, retry_after=7)
    with pytest.raises(RateLimited):
        await send(room, key)
    spent = [budget.name for budget in room.adapter.messenger.budgets(key, Kind.FILE)]
    assert spent == [f"slack:{key.workspace}:{COMPLETE}", f"slack:{key.workspace}:{key.channel}:posts"]
