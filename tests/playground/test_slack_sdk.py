"""Slack's own SDK reads everything that the stand-in says: answers, refusals, frames, signatures."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import WSMessage, WSMsgType, web
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import Block
from slack_sdk.models.metadata import Metadata
from slack_sdk.models.views import View
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from playground.clock import Clock
from playground.slack import SlackStandIn
from tests.playground.slack_world import Json, World, actions, button, modal, text_block, text_input, world

Asked = Awaitable[AsyncSlackResponse]
EXTRA_SCOPES = {"channels:join", "mpim:write", "team:read", "reactions:read"}
METADATA = {"event_type": "turn", "event_payload": {"turn": 7}}
PLAIN = {"type": "plain_text", "text": "a"}
EVERY_BLOCK: list[Json] = [
    text_block("hello"),
    {"type": "header", "text": PLAIN},
    {"type": "divider"},
    {"type": "context", "elements": [PLAIN]},
    {"type": "markdown", "text": "**a**"},
    {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a"},
    actions(button()),
    {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}, {"type": "raw_number", "value": 1, "text": "1"}]]},
    {"type": "task_card", "task_id": "t", "title": "a", "status": "complete"},
    {"type": "carousel", "elements": [{"type": "card", "title": {"type": "mrkdwn", "text": "a"}}]},
    {"type": "container", "title": PLAIN, "child_blocks": [{"type": "divider"}]},
    {"type": "plan", "title": "a", "tasks": [{"type": "task_card", "task_id": "u", "title": "a", "status": "error"}]},
    {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "f",
                "positive_button": {"text": PLAIN, "value": "good"},
                "negative_button": {"text": PLAIN, "value": "bad"},
            },
            {"type": "icon_button", "action_id": "i", "icon": "trash", "text": PLAIN},
        ],
    },
]


@pytest.fixture
async def w() -> AsyncIterator[World]:
    async with world() as running:
        running.slack.app.scopes |= EXTRA_SCOPES
        yield running


async def post_with_everything(w: World) -> AsyncSlackResponse:
    return await w.client.chat_postMessage(channel=w.general.id, text="a", blocks=EVERY_BLOCK, metadata=METADATA)


async def update(w: World) -> AsyncSlackResponse:
    return await w.client.chat_update(channel=w.general.id, ts=await w.post(), text="b", blocks=[text_block("b")])


async def delete(w: World) -> AsyncSlackResponse:
    return await w.client.chat_delete(channel=w.general.id, ts=await w.post())


async def get_permalink(w: World) -> AsyncSlackResponse:
    return await w.client.chat_getPermalink(channel=w.general.id, message_ts=await w.post())


async def start_stream(w: World, **args: Any) -> AsyncSlackResponse:
    root = await w.slack.post(w.ann, w.general, "Tell me a story")
    return await w.client.chat_startStream(
        channel=w.general.id, thread_ts=root, recipient_user_id=w.ann.id, recipient_team_id=w.slack.team_id, **args
    )


async def append_stream(w: World) -> AsyncSlackResponse:
    ts = (await start_stream(w))["ts"]
    return await w.client.chat_appendStream(channel=w.general.id, ts=ts, markdown_text="Once")


async def stop_stream(w: World) -> AsyncSlackResponse:
    card = {"type": "task_update", "id": "t", "title": "Search", "status": "complete"}
    ts = (await start_stream(w, chunks=[card]))["ts"]
    return await w.client.chat_stopStream(channel=w.general.id, ts=ts, blocks=EVERY_BLOCK[-1:], metadata=METADATA)


async def session_status(w: World) -> AsyncSlackResponse:
    root = await w.slack.post(w.ann, w.dm, "hello")
    return await w.client.agents_sessions_setStatus(channel_id=w.dm.id, thread_ts=root, status="active", title="Tea")


async def session_rename(w: World) -> AsyncSlackResponse:
    await session_status(w)
    root = w.slack.messages(w.dm)[0].ts
    return await w.client.agents_sessions_rename(channel_id=w.dm.id, thread_ts=root, title="Coffee")


async def thread_status(w: World) -> AsyncSlackResponse:
    root = await w.slack.post(w.ann, w.dm, "hello")
    return await w.client.assistant_threads_setStatus(
        channel_id=w.dm.id, thread_ts=root, status="is thinking…", loading_messages=["Reading"]
    )


async def thread_title(w: World) -> AsyncSlackResponse:
    root = await w.slack.post(w.ann, w.dm, "hello")
    return await w.client.assistant_threads_setTitle(channel_id=w.dm.id, thread_ts=root, title="Tea")


async def history(w: World) -> AsyncSlackResponse:
    await post_with_everything(w)
    await w.slack.post(w.ann, w.general, "hello <https://example.com|you>")
    return await w.client.conversations_history(channel=w.general.id, include_all_metadata=True)


async def replies(w: World) -> AsyncSlackResponse:
    root = await w.slack.post(w.ann, w.general, "root")
    await w.post(thread_ts=root)
    return await w.client.conversations_replies(channel=w.general.id, ts=root)


async def join(w: World) -> AsyncSlackResponse:
    return await w.client.conversations_join(channel=w.slack.add_channel("elsewhere", [w.ann], bot=False).id)


async def file_info(w: World) -> AsyncSlackResponse:
    ts = await w.slack.upload(w.ann, w.general, "tea.txt", b"green")
    return await w.client.files_info(file=w.slack.message(w.general, ts).files[0]["id"])


async def upload(w: World) -> AsyncSlackResponse:
    return await w.client.files_upload_v2(content="green", filename="tea.txt", channel=w.general.id)


async def delete_file(w: World) -> AsyncSlackResponse:
    shown = (await upload(w)).data
    assert isinstance(shown, dict)
    return await w.client.files_delete(file=shown["files"][0]["id"])


async def react(w: World) -> AsyncSlackResponse:
    return await w.client.reactions_add(channel=w.general.id, timestamp=await w.post(), name="eyes")


async def take_reaction_back(w: World) -> AsyncSlackResponse:
    await react(w)
    ts = w.slack.messages(w.general)[0].ts
    return await w.client.reactions_remove(channel=w.general.id, timestamp=ts, name="eyes")


async def open_view(w: World) -> AsyncSlackResponse:
    trigger = w.slack.workspace.triggers.new(w.ann.id)
    return await w.client.views_open(trigger_id=trigger, view=modal(text_input(), private_metadata="chat 7"))


async def push_view(w: World) -> AsyncSlackResponse:
    below = (await open_view(w))["view"]["id"]
    return await w.client.views_push(trigger_id=w.slack.workspace.triggers.new(w.ann.id, below), view=modal())


async def update_view(w: World) -> AsyncSlackResponse:
    view = (await open_view(w))["view"]
    return await w.client.views_update(view_id=view["id"], hash=view["hash"], view=modal(text_block("done")))


async def publish_view(w: World) -> AsyncSlackResponse:
    view = {"type": "home", "blocks": [text_block("Your chats"), actions(button())]}
    return await w.client.views_publish(user_id=w.ann.id, view=view)


async def uninstall(w: World) -> AsyncSlackResponse:
    return await w.client.apps_uninstall(client_id=w.slack.client_id, client_secret=w.slack.client_secret)


async def oauth_access(w: World) -> AsyncSlackResponse:
    w.slack.app.redirect_urls, w.slack.app.rotates = ("https://example.com/oauth",), True
    back = await w.slack.allow(w.ann, f"https://slack.com/?client_id={w.slack.client_id}&scope=chat:write")
    code = back.partition("code=")[2].partition("&")[0]
    return await w.client_with("").oauth_v2_access(
        client_id=w.slack.client_id, client_secret=w.slack.client_secret, code=code
    )


CALLS: dict[str, Callable[[World], Asked]] = {
    "agents.sessions.rename": session_rename,
    "agents.sessions.setStatus": session_status,
    "api.test": lambda w: w.client.api_test(),
    "apps.connections.open": lambda w: w.client.apps_connections_open(app_token=w.slack.app_token),
    "apps.uninstall": uninstall,
    "assistant.threads.setStatus": thread_status,
    "assistant.threads.setSuggestedPrompts": lambda w: w.client.assistant_threads_setSuggestedPrompts(
        channel_id=w.dm.id, prompts=[{"title": "Tea?", "message": "Tell me about tea"}]
    ),
    "assistant.threads.setTitle": thread_title,
    "auth.revoke": lambda w: w.client.auth_revoke(test=True),
    "auth.test": lambda w: w.client.auth_test(),
    "blocks.validate": lambda w: w.client_with("").blocks_validate(blocks=EVERY_BLOCK),
    "bots.info": lambda w: w.client.bots_info(bot=w.slack.bot_id),
    "chat.appendStream": append_stream,
    "chat.delete": delete,
    "chat.getPermalink": get_permalink,
    "chat.postEphemeral": lambda w: w.client.chat_postEphemeral(channel=w.general.id, user=w.ann.id, text="a"),
    "chat.postMessage": post_with_everything,
    "chat.startStream": start_stream,
    "chat.stopStream": stop_stream,
    "chat.update": update,
    "conversations.history": history,
    "conversations.info": lambda w: w.client.conversations_info(channel=w.general.id),
    "conversations.join": join,
    "conversations.list": lambda w: w.client.conversations_list(types="public_channel,im"),
    "conversations.members": lambda w: w.client.conversations_members(channel=w.general.id),
    "conversations.open": lambda w: w.client.conversations_open(users=[w.ann.id, w.bob.id]),
    "conversations.replies": replies,
    "files.completeUploadExternal": upload,
    "files.delete": delete_file,
    "files.getUploadURLExternal": lambda w: w.client.files_getUploadURLExternal(filename="a.txt", length=1),
    "files.info": file_info,
    "oauth.v2.access": oauth_access,
    "reactions.add": react,
    "reactions.remove": take_reaction_back,
    "team.info": lambda w: w.client.team_info(),
    "users.conversations": lambda w: w.client.users_conversations(),
    "users.info": lambda w: w.client.users_info(user=w.ann.id),
    "users.list": lambda w: w.client.users_list(),
    "views.open": open_view,
    "views.publish": publish_view,
    "views.push": push_view,
    "views.update": update_view,
}


def test_every_method_of_the_stand_in_is_called_here() -> None:
    assert set(CALLS) == SlackStandIn().methods


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated")  # by the SDK's oauth.v2.access alone
@pytest.mark.parametrize("method", CALLS)
async def test_the_sdk_reads_the_answer_of_every_method(
    w: World, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "slack_sdk.models")
    response = await CALLS[method](w)
    call = w.slack.calls_of(method)[-1]
    assert (call.error, response.status_code, response["ok"]) == (None, 200, True)
    assert isinstance(response.data, dict)
    read_models(response.data)
    unread = [line for line in caplog.messages if "were ignored" in line or "skipped" in line]
    assert unread == []


def read_models(value: Any) -> None:
    """Let the SDK's models read every view, block and metadata in an answer; they raise where they cannot."""
    for part in dicts_in(value):
        for block in blocks_in(part):
            parsed = Block.parse(block)
            assert parsed is not None
            assert parsed.to_dict()["type"] == block["type"]
        if part.get("type") in ("modal", "home"):
            assert View(**part).to_dict()["id"] == part["id"]
        if "event_payload" in part:
            Metadata(**part).validate_json()


def blocks_in(part: Json) -> list[Json]:
    blocks = part.get("blocks", [])
    assert isinstance(blocks, list)
    return blocks


def dicts_in(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from dicts_in(inner)


async def test_the_sdk_turns_a_page_with_the_cursor(w: World) -> None:
    ids = [member["id"] async for page in await w.client.users_list(limit=1) for member in page["members"]]
    assert ids == [w.slack.bot_user_id, w.ann.id, w.bob.id]


async def test_a_refusal_is_the_sdks_error_with_slacks_word_and_reasons(w: World) -> None:
    with pytest.raises(SlackApiError) as caught:
        await w.client.chat_postMessage(channel=w.general.id, text="a", blocks=[{"type": "nonsense"}])
    response = caught.value.response
    assert (response.status_code, response["error"]) == (200, "invalid_blocks")
    assert response["response_metadata"]["messages"] == ["[ERROR] unsupported type: nonsense [json-pointer:/blocks/0]"]


async def test_a_limit_is_the_sdks_error_with_the_seconds_to_wait(w: World) -> None:
    w.slack.rates.enabled = True
    await w.post()
    with pytest.raises(SlackApiError) as caught:
        await w.client.chat_postMessage(channel=w.general.id, text="b")
    response = caught.value.response
    assert (response.status_code, response["error"], response.headers["Retry-After"]) == (429, "ratelimited", "1")


async def test_a_page_instead_of_an_answer_is_the_sdks_error_too(w: World) -> None:
    w.slack.outage(True)
    with pytest.raises(SlackApiError) as caught:
        await w.client.auth_test()
    assert caught.value.response.status_code == 503


class Socketed:
    """An app on the SDK's Socket Mode client that acknowledges everything and keeps what came."""

    def __init__(self, w: World) -> None:
        self.client = SocketModeClient(w.slack.app_token, web_client=w.client_with(""))
        self.client.on_message_listeners.append(self._saw)
        self.frames: list[Json] = []
        self.requests: list[SocketModeRequest] = []
        self.client.socket_mode_request_listeners.append(self._took)  # type: ignore[arg-type]  # typed for another client

    def kinds(self) -> list[str]:
        return [str(frame["type"]) for frame in self.frames]

    async def _saw(self, message: WSMessage) -> None:
        if message.type is WSMsgType.TEXT:
            self.frames.append(json.loads(message.data))

    async def _took(self, client: SocketModeClient, request: SocketModeRequest) -> None:
        self.requests.append(request)
        payload = {"text": "done"} if request.type == "slash_commands" else None
        await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, payload))


@asynccontextmanager
async def socketed(w: World) -> AsyncIterator[Socketed]:
    app = Socketed(w)
    await app.client.connect()  # type: ignore[no-untyped-call]  # the SDK leaves this one without types
    try:
        yield app
    finally:
        await app.client.close()  # type: ignore[no-untyped-call]  # as above


async def test_the_sdks_socket_takes_hello_events_commands_and_presses(w: World) -> None:
    async with socketed(w) as app:
        await w.slack.post(w.ann, w.general, "hello")
        assert await w.slack.slash(w.ann, w.general, "/chats") == [{"text": "done"}]
        ts = await w.post(blocks=[actions(button())])
        await w.slack.press(w.ann, w.general, ts, "stop")
        await w.slack.wait_for(lambda: all(delivery.acknowledged for delivery in w.slack.deliveries))
        assert app.kinds()[0] == "hello"
        assert {request.type for request in app.requests} == {"events_api", "slash_commands", "interactive"}
        assert all(request.payload and request.envelope_id for request in app.requests)


async def test_the_sdks_socket_comes_back_after_a_disconnect(w: World) -> None:
    async with socketed(w) as app:
        (first,) = w.slack.sockets.open
        await w.slack.sockets.disconnect(first, "link_disabled")
        await w.slack.wait_for(lambda: [c for c in w.slack.sockets.open if c is not first])
        await w.slack.post(w.ann, w.general, "still there?")
        await w.slack.wait_for(lambda: w.slack.deliveries and w.slack.deliveries[-1].acknowledged)
        assert "disconnect" in app.kinds()
        assert [request.payload["event"]["text"] for request in app.requests] == ["still there?"]


async def test_the_sdks_verifier_takes_signed_requests_and_no_forged_ones() -> None:
    verdicts: list[tuple[bool, bool]] = []

    async def events(request: web.Request) -> web.Response:
        body, headers = await request.text(), dict(request.headers)
        verifier = SignatureVerifier(slack.signing_secret)
        verdicts.append((verifier.is_valid_request(body, headers), verifier.is_valid_request(body + " ", headers)))
        challenge = json.loads(body).get("challenge", "") if request.content_type == "application/json" else ""
        return web.Response(text=challenge)

    app = web.Application()
    app.router.add_post("/slack/events", events)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with world(Clock()) as w:
            slack = w.slack
            slack.deliver_to(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
            assert await slack.verify_url()
            await asyncio.gather(slack.slash(w.ann, w.general, "/chats"), slack.post(w.ann, w.general, "hello"))
            await slack.wait_for(lambda: len(verdicts) == 3)
    finally:
        await runner.cleanup()
    assert verdicts == [(True, False)] * 3
