"""The stand-in takes and refuses messages as Slack does."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from playground.clock import ManualClock
from playground.slack.typing_texts import as_rich_text, encoded
from tests.playground.slack_world import World, actions, button, text_block, world


@pytest.fixture
async def w() -> AsyncIterator[World]:
    async with world() as running:
        yield running


async def test_a_message_is_posted_as_the_app_and_read_by_people(w: World) -> None:
    root = await w.slack.post(w.ann, w.general, "hello")
    ts = await w.post("1 &lt; 2 &amp; <@" + w.ann.id + ">", thread_ts=root)
    message = w.slack.message(w.general, ts)
    assert (message.user, message.bot_id, message.thread_ts) == (w.slack.bot_user_id, w.slack.bot_id, root)
    assert w.slack.rendered(w.general, ts) == "1 < 2 & @Ann Lee"
    assert [m.ts for m in w.slack.thread(w.general, root)] == [root, ts]


async def test_timestamps_rise_even_while_the_clock_stands_still(w: World) -> None:
    stamps = [await w.post(str(number)) for number in range(5)]
    assert sorted(set(stamps)) == stamps


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({}, "no_text"),
        ({"text": ""}, "no_text"),
        ({"text": "a", "markdown_text": "b"}, "markdown_text_conflict"),
        ({"markdown_text": "a" * 12_001}, "msg_too_long"),
        ({"text": "a", "blocks": {"type": "divider"}}, "invalid_blocks_format"),
        ({"text": "a", "blocks": "[nonsense"}, "invalid_blocks_format"),
        ({"text": "a", "blocks": [{"type": "nonsense"}]}, "invalid_blocks"),
        ({"text": "a", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"text": "a", "thread_ts": ""}, "invalid_thread_ts"),
        ({"text": "a", "thread_ts": "yesterday"}, "invalid_thread_ts"),
        ({"text": "a", "thread_ts": "1790000000.000001"}, "thread_not_found"),
        ({"text": "a", "channel": "general"}, "channel_not_found"),
        ({"text": "a", "channel": ""}, "invalid_arguments"),
        ({"text": ["a"]}, "invalid_arguments"),
        ({"text": "a", "metadata": {"event_type": "t"}}, "invalid_metadata_format"),
        ({"text": "a", "metadata": {"event_type": "t", "event_payload": {"x": "y" * 9000}}}, "metadata_too_large"),
        ({"text": "a", "username": "Somebody else"}, "missing_scope"),
        ({"text": "a", "attachments": [{"text": "x"}] * 101}, "too_many_attachments"),
    ],
)
async def test_what_slack_refuses_to_post_is_refused_in_its_word(w: World, args: dict[str, Any], error: str) -> None:
    assert await w.refusal("chat.postMessage", **{"channel": w.general.id, **args}) == error
    assert w.slack.messages(w.general) == []
    assert [call.error for call in w.slack.refused] == [error]


async def test_unknown_arguments_are_ignored(w: World) -> None:
    assert await w.refusal("chat.postMessage", channel=w.general.id, text="a", nonsense=1) == ""


async def test_a_text_over_40000_characters_is_cut_with_a_warning(w: World) -> None:
    answer = await w.call("chat.postMessage", channel=w.general.id, text="a" * 40_001)
    assert answer["warning"] == "message_truncated"
    assert len(w.slack.message(w.general, answer["ts"]).text) == 40_000


async def test_several_markdown_blocks_share_12000_characters(w: World) -> None:
    half = {"type": "markdown", "text": "a" * 6000}
    assert await w.refusal("chat.postMessage", channel=w.general.id, text="a", blocks=[half, half]) == ""
    more = [half, half, {"type": "markdown", "text": "b"}]
    assert await w.refusal("chat.postMessage", channel=w.general.id, text="a", blocks=more) == "msg_blocks_too_long"


async def test_a_reply_to_a_reply_is_refused(w: World) -> None:
    root = await w.post()
    reply = await w.post(thread_ts=root)
    assert await w.refusal("chat.postMessage", channel=w.general.id, text="a", thread_ts=reply) == (
        "cannot_reply_to_message"
    )


async def test_the_app_writes_only_where_it_may(w: World) -> None:
    async def refusal(channel: str) -> str:
        return await w.refusal("chat.postMessage", channel=channel, text="a")

    foreign = w.slack.add_channel("foreign", members=[w.ann], bot=False)
    assert await refusal(foreign.id) == "not_in_channel"
    w.slack.app.scopes.add("chat:write.public")
    assert await refusal(foreign.id) == ""
    assert await refusal(w.slack.add_channel("secret", [w.ann], False, private=True).id) == "channel_not_found"
    w.general.restricted = "restricted_action_read_only_channel"
    assert await refusal(w.general.id) == "restricted_action_read_only_channel"
    await w.slack.archive(w.ann, w.general)
    assert await refusal(w.general.id) == "is_archived"
    w.slack.app.messages_tab = False
    assert await refusal(w.dm.id) == "messages_tab_disabled"


async def test_a_message_has_another_face_with_the_scope_for_it(w: World) -> None:
    face = {"username": "Tea", "icon_emoji": ":tea:"}
    assert await w.refusal("chat.postMessage", channel=w.general.id, text="a", **face) == "missing_scope"
    w.slack.app.scopes.add("chat:write.customize")
    shown = (await w.call("chat.postMessage", channel=w.general.id, text="a", **face))["message"]
    assert (shown["username"], shown["icons"]) == ("Tea", {"emoji": ":tea:"})


async def test_a_persons_id_means_the_conversation_with_them_for_posts_but_not_for_changes(w: World) -> None:
    ts = await w.post(channel=w.ann.id)
    assert w.slack.message(w.dm, ts).text == "hello"
    assert await w.refusal("chat.update", channel=w.ann.id, ts=ts, text="b") == "channel_not_found"


async def test_an_update_shows_the_new_content_and_nothing_of_the_old(w: World) -> None:
    ts = await w.post(blocks=[actions(button())])
    await w.call("chat.update", channel=w.general.id, ts=ts, text="b")
    message = w.slack.message(w.general, ts)
    assert (message.text, message.blocks) == ("b", [])
    assert message.edited is not None


async def test_a_workspace_can_end_editing_after_a_while(w: World) -> None:
    w.slack.workspace.edit_window = 60
    ts = await w.post()
    assert isinstance(w.slack.clock, ManualClock)
    await w.slack.clock.advance(59)
    assert await w.refusal("chat.update", channel=w.general.id, ts=ts, text="b") == ""
    await w.slack.clock.advance(2)
    assert await w.refusal("chat.update", channel=w.general.id, ts=ts, text="c") == "edit_window_closed"


async def test_an_update_with_blocks_leaves_no_mark_of_an_edit(w: World) -> None:
    ts = await w.post()
    await w.call("chat.update", channel=w.general.id, ts=ts, text="b", blocks=[text_block("b")])
    assert w.slack.message(w.general, ts).edited is None


@pytest.mark.parametrize(
    ("text", "error"), [("a" * 4000, ""), ("a" * 4001, "msg_too_long"), ("语" * 1334, "msg_too_long"), ("", "no_text")]
)
async def test_the_text_of_an_update_has_4000_characters_and_bytes(w: World, text: str, error: str) -> None:
    ts = await w.post()
    assert await w.refusal("chat.update", channel=w.general.id, ts=ts, text=text) == error


async def test_only_own_standing_messages_are_changed_and_deleted(w: World) -> None:
    foreign, own = await w.slack.post(w.ann, w.general, "mine"), await w.post()
    nowhere = "1790000000.000001"
    for ts, update, delete in (
        (foreign, "cant_update_message", "cant_delete_message"),
        (nowhere, "message_not_found", "message_not_found"),
    ):
        assert await w.refusal("chat.update", channel=w.general.id, ts=ts, text="b") == update
        assert await w.refusal("chat.delete", channel=w.general.id, ts=ts) == delete
    await w.slack.archive(w.ann, w.general)
    assert await w.refusal("chat.update", channel=w.general.id, ts=own, text="b") == "is_inactive"


async def test_a_deleted_root_with_replies_leaves_a_tombstone_that_takes_no_more_replies(w: World) -> None:
    root = await w.post("root")
    reply = await w.post("reply", thread_ts=root)
    await w.call("chat.delete", channel=w.general.id, ts=root)
    assert [m.ts for m in w.slack.thread(w.general, root)] == [reply]
    with pytest.raises(KeyError):
        w.slack.message(w.general, root)
    seen = (await w.client.conversations_replies(channel=w.general.id, ts=root))["messages"]
    assert seen[0]["subtype"] == "tombstone"
    assert await w.refusal("chat.postMessage", channel=w.general.id, text="a", thread_ts=root) == (
        "cannot_reply_to_message"
    )


async def test_an_ephemeral_message_is_seen_by_one_person_and_cannot_be_changed(w: World) -> None:
    where = {"channel": w.general.id, "user": w.ann.id}
    ts = (await w.call("chat.postEphemeral", **where, text="only you"))["message_ts"]
    assert [m.text for m in w.slack.ephemerals(w.ann)] == ["only you"]
    assert w.slack.ephemerals(w.bob) == []
    assert await w.refusal("chat.update", channel=w.general.id, ts=ts, text="b") == "message_not_found"
    carol = w.slack.add_person("Carol")
    assert await w.refusal("chat.postEphemeral", channel=w.general.id, user=carol.id, text="a") == (
        "user_not_in_channel"
    )


async def test_a_permalink_names_the_thread(w: World) -> None:
    root = await w.post()
    reply = await w.post(thread_ts=root)
    link = (await w.client.chat_getPermalink(channel=w.general.id, message_ts=reply))["permalink"]
    assert link == (
        f"https://threadline-test.slack.com/archives/{w.general.id}/p{reply.replace('.', '')}"
        f"?thread_ts={root}&cid={w.general.id}"
    )


async def test_methods_that_take_forms_only_do_not_see_json(w: World) -> None:
    assert await w.refusal("users.info", user=w.ann.id) == "invalid_arguments"
    assert (await w.client.users_info(user=w.ann.id))["user"]["real_name"] == "Ann Lee"


async def test_forms_carry_structures_as_json_text(w: World) -> None:
    form = {"channel": w.general.id, "text": "a", "blocks": '[{"type": "divider"}]', "token": w.slack.bot_token}
    async with aiohttp.ClientSession() as http, http.post(f"{w.slack.api_url}chat.postMessage", data=form) as response:
        assert (await response.json())["ok"]
    assert w.slack.messages(w.general)[0].blocks[0]["type"] == "divider"


@pytest.mark.parametrize(
    ("body", "error"), [("{", "invalid_json"), ("[]", "json_not_object"), ('"a"', "json_not_object")]
)
async def test_a_broken_json_body_is_refused(w: World, body: str, error: str) -> None:
    headers = {"Authorization": f"Bearer {w.slack.bot_token}", "Content-Type": "application/json"}
    address = f"{w.slack.api_url}chat.postMessage"
    async with aiohttp.ClientSession() as http, http.post(address, data=body, headers=headers) as response:
        assert (await response.json())["error"] == error


async def test_a_token_is_needed_the_right_one_and_not_in_the_address(w: World) -> None:
    async def error_with(token: str | None, method: str = "auth.test") -> str:
        with pytest.raises(SlackApiError) as caught:
            await w.client_with(token or "").api_call(method)
        return str(caught.value.response["error"])

    assert await error_with(None) == "not_authed"
    assert await error_with("xoxb-wrong") == "invalid_auth"
    assert await error_with(w.slack.app_token) == "not_allowed_token_type"
    assert await error_with(w.slack.bot_token, "apps.connections.open") == "not_allowed_token_type"
    address = f"{w.slack.api_url}auth.test?token={w.slack.bot_token}"
    async with aiohttp.ClientSession() as http, http.get(address) as response:
        assert (await response.json())["error"] == "not_authed"
    w.slack.app.token_error = "token_revoked"
    assert await error_with(w.slack.bot_token) == "token_revoked"


async def test_a_missing_scope_is_named(w: World) -> None:
    w.slack.app.scopes.discard("chat:write")
    with pytest.raises(SlackApiError) as caught:
        await w.post()
    response = caught.value.response
    assert (response["error"], response["needed"]) == ("missing_scope", "chat:write")
    assert "im:write" in response["provided"]
    assert response.headers["x-accepted-oauth-scopes"] == "chat:write"


async def test_an_unknown_method_is_refused(w: World) -> None:
    assert await w.refusal("chat.nonsense") == "unknown_method"


async def test_reactions_are_added_once_and_removed_once(w: World) -> None:
    where = {"channel": w.general.id, "timestamp": await w.post(), "name": "eyes"}
    assert await w.refusal("reactions.add", **where) == ""
    assert await w.refusal("reactions.add", **where) == "already_reacted"
    assert await w.refusal("reactions.remove", **where) == ""
    assert await w.refusal("reactions.remove", **where) == "no_reaction"


async def test_an_author_has_23_reactions_to_a_message(w: World) -> None:
    where = {"channel": w.general.id, "timestamp": await w.post()}
    for number in range(23):
        assert await w.refusal("reactions.add", **where, name=f"tea-{number}") == ""
    assert await w.refusal("reactions.add", **where, name="coffee") == "too_many_reactions"


async def test_a_message_has_reactions_of_50_kinds(w: World) -> None:
    ts = await w.post()
    for number in range(50):
        await w.slack.react(w.ann, w.general, ts, f"tea-{number}")
    assert await w.refusal("reactions.add", channel=w.general.id, timestamp=ts, name="coffee") == "too_many_emoji"
    assert await w.refusal("reactions.add", channel=w.general.id, timestamp=ts, name="tea-1") == ""


@pytest.mark.parametrize(
    ("args", "who"),
    [
        ({"text": "<!channel>"}, ["!channel"]),
        ({"text": "`<!everyone|x>`"}, ["!everyone"]),
        ({"text": "a", "blocks": [{"type": "markdown", "text": "hi <!here>"}]}, ["!here"]),
        ({"text": "a", "blocks": [text_block("<!subteam^S012|team>")]}, ["!subteam^S012"]),
        ({"markdown_text": "[x](<@U0SOMEBODY>)"}, ["@U0SOMEBODY"]),
        ({"text": "@channel", "link_names": True}, ["!channel"]),
        ({"text": "ping @ann.lee", "parse": "full"}, ["@ann.lee"]),
        ({"text": "@channel &lt;!channel> <#C012|general> <https://example.com|@here>"}, []),
        ({"text": "a", "blocks": [actions(button(label="<!channel>"))]}, []),
    ],
)
async def test_it_is_known_whom_a_message_notifies(w: World, args: dict[str, Any], who: list[str]) -> None:
    await w.call("chat.postMessage", channel=w.general.id, **args)
    assert [note.who for note in w.slack.notified] == who


async def test_an_update_parses_plain_words_unless_told_otherwise(w: World) -> None:
    ts = await w.post()
    await w.call("chat.update", channel=w.general.id, ts=ts, text="@here", parse="none")
    assert w.slack.notified == []
    await w.call("chat.update", channel=w.general.id, ts=ts, text="@here")
    assert [note.who for note in w.slack.notified] == ["!here"]


async def test_what_a_person_reads_is_shown_without_the_writing_of_slack(w: World) -> None:
    blocks = [{"type": "markdown", "text": "2\\*3 &lt;b> `a\\*b` [x](https://example.com)"}, actions(button())]
    ts = await w.post("for notifications only", blocks=blocks)
    assert w.slack.rendered(w.general, ts) == "2*3 <b> `a\\*b` [x](https://example.com)"


def test_what_a_person_types_is_escaped_except_slacks_own_writing() -> None:
    typed = "<@U012> a < b & <https://example.com|x> &lt;"
    assert encoded(typed) == "<@U012> a &lt; b &amp; <https://example.com|x> &amp;lt;"
    (block,) = as_rich_text(encoded(typed))
    kinds = [element["type"] for element in block["elements"][0]["elements"]]
    assert kinds == ["user", "text", "link", "text"]


async def test_rich_text_and_tables_notify_and_are_read(w: World) -> None:
    parts = [{"type": "text", "text": "hi "}, {"type": "broadcast", "range": "here"}]
    parts += [{"type": "user", "user_id": w.ann.id}, {"type": "usergroup", "usergroup_id": "S1"}]
    rich = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": parts}]}
    cell = {"type": "raw_text", "text": "<!channel>"}
    ts = await w.post(blocks=[rich, {"type": "table", "rows": [[cell]]}])
    assert [note.who for note in w.slack.notified] == ["!here", f"@{w.ann.id}", "!subteam^S1"]
    assert w.slack.rendered(w.general, ts) == "hi \n<!channel>"


async def test_links_channels_and_dates_are_read_by_their_label(w: World) -> None:
    text = f"<#{w.general.id}> <#C0X|plans> <https://example.com|here> <mailto:a@b.c> <!date^1^{{date}}|today> <!here>"
    ts = await w.post(text)
    assert w.slack.rendered(w.general, ts) == "#general #plans here mailto:a@b.c today @here"


async def test_a_body_of_an_unknown_kind_is_refused(w: World) -> None:
    headers = {"Authorization": f"Bearer {w.slack.bot_token}", "Content-Type": "text/plain"}
    address = f"{w.slack.api_url}chat.postMessage"
    async with aiohttp.ClientSession() as http, http.post(address, data="channel=C1", headers=headers) as response:
        assert (await response.json())["error"] == "invalid_post_type"


@pytest.mark.parametrize(
    ("kind", "body", "error"),
    [
        (None, b"channel=C1", "missing_post_type"),
        ("application/x-www-form-urlencoded; charset=koi8-r", b"channel=C1", "invalid_charset"),
        ("application/x-www-form-urlencoded", b"channel[0]=C1", "invalid_array_arg"),
        ("application/x-www-form-urlencoded", b"chan nel=C1", "invalid_arg_name"),
        ("application/json", b'{"' + b"a" * 256 + b'": 1}', "invalid_arg_name"),
    ],
)
async def test_a_form_that_slack_does_not_read_is_refused(w: World, kind: str | None, body: bytes, error: str) -> None:
    headers = {"Authorization": f"Bearer {w.slack.bot_token}", **({"Content-Type": kind} if kind else {})}
    skipped = () if kind else ("Content-Type",)
    address = f"{w.slack.api_url}chat.postMessage"
    async with (
        aiohttp.ClientSession(skip_auto_headers=skipped) as http,
        http.post(address, data=body, headers=headers) as response,
    ):
        assert (await response.json())["error"] == error


async def test_a_broadcast_reply_is_a_message_of_the_channel_too(w: World) -> None:
    root = await w.post()
    ts = await w.post("also to all", thread_ts=root, reply_broadcast=True)
    assert w.slack.message(w.general, ts).subtype == "thread_broadcast"
    history = await w.client.conversations_history(channel=w.general.id)
    assert [m["ts"] for m in history["messages"]] == [ts, root]


async def test_blocks_in_attachments_are_checked_as_well(w: World) -> None:
    wrong = [{"blocks": [{"type": "nonsense"}]}]
    assert await w.refusal("chat.postMessage", channel=w.general.id, attachments=wrong) == "invalid_blocks"
    assert await w.refusal("chat.postMessage", channel=w.general.id, attachments=["a"]) == "invalid_attachments"


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"name": "no such name!"}, "invalid_name"),
        ({"timestamp": "1790000000.000001"}, "message_not_found"),
        ({"channel": "C0NOWHERE1"}, "channel_not_found"),
    ],
)
async def test_what_slack_refuses_of_reactions_is_refused(w: World, args: dict[str, Any], error: str) -> None:
    given = {"channel": w.general.id, "timestamp": await w.post(), "name": "eyes", **args}
    assert await w.refusal("reactions.add", **given) == error
