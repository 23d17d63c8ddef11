"""Reading in the stand-in: places, members, history, people, files."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from playground.slack import NotPossible
from tests.playground.slack_world import World, world


@pytest.fixture
async def w() -> AsyncIterator[World]:
    async with world() as running:
        yield running


async def test_the_app_learns_who_it_is_and_what_it_may(w: World) -> None:
    answer = await w.client.auth_test()
    assert (answer["user_id"], answer["bot_id"], answer["team_id"]) == (
        w.slack.bot_user_id,
        w.slack.bot_id,
        w.slack.team_id,
    )
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")


async def test_people_and_bots_are_looked_up(w: World) -> None:
    assert (await w.client.users_info(user=w.ann.id))["user"]["profile"]["display_name"] == "Ann Lee"
    assert (await w.client.bots_info(bot=w.slack.bot_id))["bot"]["user_id"] == w.slack.bot_user_id
    with pytest.raises(SlackApiError, match="user_not_found"):
        await w.client.users_info(user="U0NOBODY")


async def test_a_persons_language_is_told_to_who_asks_for_it(w: World) -> None:
    anna = w.slack.add_person("Anna", locale="de-AT")
    assert "locale" not in (await w.client.users_info(user=anna.id))["user"]
    assert (await w.client.users_info(user=anna.id, include_locale=True))["user"]["locale"] == "de-AT"


async def test_people_are_listed_page_by_page(w: World) -> None:
    first = await w.client.users_list(limit=2)
    rest = await w.client.users_list(limit=2, cursor=first["response_metadata"]["next_cursor"])
    ids = [member["id"] for page in (first, rest) for member in page["members"]]
    assert ids == [w.slack.bot_user_id, w.ann.id, w.bob.id]
    assert rest["response_metadata"]["next_cursor"] == ""
    with pytest.raises(SlackApiError, match="invalid_cursor"):
        await w.client.users_list(cursor="nonsense")


async def test_the_workspace_is_told_only_with_its_scope(w: World) -> None:
    with pytest.raises(SlackApiError, match="missing_scope"):
        await w.client.team_info()
    w.slack.app.scopes.add("team:read")
    assert (await w.client.team_info())["team"]["id"] == w.slack.team_id


async def test_a_place_is_known_to_its_members_and_readable_with_its_scope(w: World) -> None:
    assert (await w.client.conversations_info(channel=w.general.id))["channel"]["is_member"]
    members = (await w.client.conversations_members(channel=w.general.id))["members"]
    assert set(members) == {w.ann.id, w.bob.id, w.slack.bot_user_id}
    secret = w.slack.add_channel("secret", [w.ann], bot=False, private=True)
    with pytest.raises(SlackApiError, match="channel_not_found"):
        await w.client.conversations_info(channel=secret.id)
    w.slack.app.scopes.discard("channels:read")
    with pytest.raises(SlackApiError, match="missing_scope"):
        await w.client.conversations_info(channel=w.general.id)


async def test_places_are_listed_by_kind(w: World) -> None:
    w.slack.add_channel("elsewhere", [w.ann], bot=False)
    everything = (await w.client.conversations_list(types="public_channel,im"))["channels"]
    assert [channel.get("name", "dm") for channel in everything] == ["general", "dm", "elsewhere"]
    mine = (await w.client.users_conversations())["channels"]
    assert [channel["name"] for channel in mine] == ["general"]
    with pytest.raises(SlackApiError, match="invalid_types"):
        await w.client.conversations_list(types="nonsense")


async def test_the_app_joins_public_channels_with_the_scope_for_it(w: World) -> None:
    elsewhere = w.slack.add_channel("elsewhere", [w.ann], bot=False)
    assert await w.refusal("conversations.join", channel=elsewhere.id) == "missing_scope"
    w.slack.app.scopes.add("channels:join")
    assert await w.refusal("conversations.join", channel=elsewhere.id) == ""
    assert elsewhere.bot_in
    assert (await w.call("conversations.join", channel=elsewhere.id))["warning"] == "already_in_channel"


async def test_a_conversation_with_a_person_is_opened_once(w: World) -> None:
    first = await w.call("conversations.open", users=w.bob.id)
    again = await w.call("conversations.open", users=w.bob.id)
    assert first["channel"]["id"] == again["channel"]["id"] == w.slack.open_dm(w.bob).id
    assert await w.refusal("conversations.open", users=f"{w.ann.id},{w.bob.id}") == "missing_scope"


async def test_history_has_roots_newest_first_and_replies_their_thread_oldest_first(w: World) -> None:
    root = await w.slack.post(w.ann, w.general, "root")
    reply = await w.post("reply", thread_ts=root)
    later = await w.slack.post(w.bob, w.general, "later")
    history = await w.client.conversations_history(channel=w.general.id)
    assert [m["ts"] for m in history["messages"]] == [later, root]
    assert history["messages"][1]["reply_count"] == 1
    replies = await w.client.conversations_replies(channel=w.general.id, ts=root)
    assert [m["ts"] for m in replies["messages"]] == [root, reply]
    with pytest.raises(SlackApiError, match="thread_not_found"):
        await w.client.conversations_replies(channel=w.general.id, ts="1790000000.000001")


async def test_replies_are_read_page_by_page_and_from_a_moment_on(w: World) -> None:
    root = await w.slack.post(w.ann, w.general, "root")
    stamps = [await w.post(str(number), thread_ts=root) for number in range(4)]
    first = await w.client.conversations_replies(channel=w.general.id, ts=root, limit=3)
    cursor = first["response_metadata"]["next_cursor"]
    rest = await w.client.conversations_replies(channel=w.general.id, ts=root, limit=3, cursor=cursor)
    assert [m["ts"] for page in (first, rest) for m in page["messages"]] == [root, *stamps]
    assert (first["has_more"], rest["has_more"]) == (True, False)
    late = await w.client.conversations_replies(channel=w.general.id, ts=root, oldest=stamps[2])
    assert [m["ts"] for m in late["messages"]] == [root, stamps[3]]


async def test_metadata_is_shown_to_who_asks_for_it(w: World) -> None:
    metadata = {"event_type": "turn", "event_payload": {"turn": 7}}
    await w.post(metadata=metadata)
    plain = await w.client.conversations_history(channel=w.general.id)
    full = await w.client.conversations_history(channel=w.general.id, include_all_metadata=True)
    assert "metadata" not in plain["messages"][0]
    assert full["messages"][0]["metadata"] == metadata


async def test_a_file_is_given_to_the_right_token_and_everybody_else_gets_a_page(w: World) -> None:
    ts = await w.slack.upload(w.ann, w.general, "tea.txt", b"green", "look")
    (file,) = w.slack.message(w.general, ts).files
    async with aiohttp.ClientSession() as http:
        headers = {"Authorization": f"Bearer {w.slack.bot_token}"}
        async with http.get(file["url_private_download"], headers=headers) as response:
            assert (response.content_type, await response.read()) == ("text/plain", b"green")
        async with http.get(file["url_private_download"]) as response:
            assert (response.status, response.content_type) == (200, "text/html")


async def test_a_stub_has_to_be_asked_for(w: World) -> None:
    ts = await w.slack.upload(w.ann, w.general, "tea.txt", b"green", stubs=True)
    (stub,) = w.slack.message(w.general, ts).files
    assert stub["file_access"] == "check_file_info"
    assert (await w.client.files_info(file=stub["id"]))["file"]["size"] == 5


async def test_the_sdk_uploads_into_a_thread(w: World) -> None:
    root = await w.slack.post(w.ann, w.general, "root")
    await w.client.files_upload_v2(
        content="long answer", filename="answer.md", channel=w.general.id, thread_ts=root, initial_comment="here"
    )
    (message,) = w.slack.thread(w.general, root)[1:]
    assert (message.text, message.subtype, message.files[0]["name"]) == ("here", "file_share", "answer.md")
    assert message.files[0]["size"] == 11


@pytest.mark.parametrize("files", [None, [], [{}], [{"id": "F0NOWHERE1"}]])
async def test_an_upload_that_never_was_cannot_be_completed(w: World, files: object) -> None:
    error = "file_not_found" if files == [{"id": "F0NOWHERE1"}] else "invalid_arguments"
    assert await w.refusal("files.completeUploadExternal", files=files, channel_id=w.general.id) == error


async def test_an_upload_of_another_size_than_announced_fails(w: World) -> None:
    announced = await w.client.files_getUploadURLExternal(filename="a.txt", length=5)
    async with aiohttp.ClientSession() as http, http.post(announced["upload_url"], data=b"too long") as response:
        assert response.status == 400
    assert await w.refusal("files.completeUploadExternal", files=[{"id": announced["file_id"]}]) == "file_not_found"


async def read(w: World, address: str) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {w.slack.bot_token}"}
    async with aiohttp.ClientSession() as http, http.get(address, headers=headers) as response:
        return response.status, response.content_type


async def test_a_file_is_seen_only_where_the_app_is(w: World) -> None:
    ts = await w.slack.upload(w.ann, w.general, "tea.txt", b"green")
    (file,) = w.slack.message(w.general, ts).files
    await w.slack.kick(w.ann, w.general)
    with pytest.raises(SlackApiError, match="not_visible"):
        await w.client.files_info(file=file["id"])
    assert await read(w, file["url_private"]) == (200, "text/html")
    await w.slack.invite(w.ann, w.general)
    assert await read(w, file["url_private"]) == (200, "text/plain")


async def test_a_deleted_file_leaves_a_tombstone_in_its_message(w: World) -> None:
    ts = await w.slack.upload(w.ann, w.general, "tea.txt", b"green")
    (file,) = w.slack.message(w.general, ts).files
    await w.slack.delete_file(w.ann, file["id"])
    assert w.slack.message(w.general, ts).files == [{"id": file["id"], "mode": "tombstone"}]
    with pytest.raises(SlackApiError, match="file_deleted"):
        await w.client.files_info(file=file["id"])
    assert (await read(w, file["url_private"]))[0] == 404
    with pytest.raises(NotPossible):
        await w.slack.delete_file(w.bob, file["id"])


async def test_the_app_deletes_its_own_files_and_no_others(w: World) -> None:
    root = await w.slack.post(w.ann, w.general, "root")
    await w.client.files_upload_v2(content="long", filename="a.md", channel=w.general.id, thread_ts=root)
    ts = await w.slack.upload(w.ann, w.general, "tea.txt", b"green")
    (theirs,), (message,) = w.slack.message(w.general, ts).files, w.slack.thread(w.general, root)[1:]
    own = message.files[0]["id"]
    await w.client.files_delete(file=own)
    assert message.files == [{"id": own, "mode": "tombstone"}]
    for file, error in ((own, "file_deleted"), (theirs["id"], "cant_delete_file"), ("F0NOWHERE1", "file_not_found")):
        assert await w.refusal("files.delete", file=file) == error


async def test_an_upload_has_a_title_and_stands_in_several_places(w: World) -> None:
    announced = await w.client.files_getUploadURLExternal(filename="a.txt", length=5)
    with pytest.raises(SlackApiError, match="file_not_found"):
        await w.client.files_info(file=announced["file_id"])
    async with aiohttp.ClientSession() as http, http.put(announced["upload_url"], data=b"green") as response:
        assert await response.text() == "OK - 5"
    done = await w.client.files_completeUploadExternal(
        files=[{"id": announced["file_id"], "title": "Tea"}], channels=[w.general.id, w.dm.id]
    )
    assert done["files"][0]["title"] == "Tea"
    shown = [message.files[0]["title"] for place in (w.general, w.dm) for message in w.slack.messages(place)]
    assert shown == ["Tea", "Tea"]
    with pytest.raises(SlackApiError, match="file_not_found"):
        await w.client.files_completeUploadExternal(files=[{"id": announced["file_id"], "title": "Tea"}])
