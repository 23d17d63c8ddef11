"""Commands, presses, shortcuts and modals of the stand-in, with Bolt as the app."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from playground.clock import ManualClock
from playground.slack import NotPossible
from tests.playground.slack_world import Json, World, actions, button, modal, text_block, text_input, world

OPTION: Json = {"text": {"type": "plain_text", "text": "Tea"}, "value": "tea"}
Handler = Callable[..., Awaitable[None]]


class Bolt(World):
    """The world with an app made with Bolt, connected over Socket Mode."""

    clock: ManualClock
    app: AsyncApp
    triggers: list[str]

    async def open_modal(self, view: Json, then: str = "") -> Json:
        """Let the app open a modal for Ann, and give it."""

        async def opened(ack: AsyncAck, body: Json) -> None:
            self.triggers.append(body["trigger_id"])
            await self.call("views.open", trigger_id=body["trigger_id"], view=view)
            await ack()

        self.app.shortcut(f"open{then}")(opened)
        await self.slack.global_shortcut(self.ann, f"open{then}")
        return self.slack.views(self.ann)[-1]

    def on_submit(self, **answer: Any) -> None:
        async def submitted(ack: AsyncAck) -> None:
            await ack(**answer)

        self.app.view("form")(submitted)


@pytest.fixture
async def w() -> AsyncIterator[Bolt]:
    clock = ManualClock()
    async with world(clock) as running:
        bolt = Bolt(running.slack)
        bolt.general, bolt.dm, bolt.ann, bolt.bob = running.general, running.dm, running.ann, running.bob
        bolt.clock, bolt.triggers = clock, []
        bolt.app = AsyncApp(client=bolt.client)
        handler = AsyncSocketModeHandler(bolt.app, running.slack.app_token)
        await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt leaves this one without types
        try:
            yield bolt
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt leaves this one without types


async def test_a_command_is_answered_at_once_and_later(w: Bolt) -> None:
    @w.app.command("/chats")
    async def chats(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack("your chats")
        await respond("and one more")

    seen = await w.slack.slash(w.ann, w.general, "/chats")
    await w.slack.wait_for(lambda: len(seen) == 2)
    assert [answer["text"] for answer in seen] == ["your chats", "and one more"]
    assert {m.text for m in w.slack.ephemerals(w.ann)} == {"your chats", "and one more"}


async def test_commands_are_refused_in_threads_and_in_an_agents_pane(w: Bolt) -> None:
    root = await w.slack.post(w.ann, w.general, "hello")
    with pytest.raises(NotPossible, match="not supported in threads"):
        await w.slack.slash(w.ann, w.general, "/chats", thread_ts=root)
    with pytest.raises(NotPossible, match="pane of an agent"):
        await w.slack.slash(w.ann, w.dm, "/chats")
    w.slack.app.commands = {"/other"}
    with pytest.raises(NotPossible, match="not a valid command"):
        await w.slack.slash(w.ann, w.general, "/chats")
    assert [d for d in w.slack.deliveries if d.kind == "slash_commands"] == []


@pytest.mark.parametrize(
    ("escape", "text"), [(True, "ask <@{ann}|ann.lee> in <#{general}|general>"), (False, "ask @ann.lee in #general")]
)
async def test_names_in_a_command_come_as_ids_where_the_manifest_says_so(w: Bolt, escape: bool, text: str) -> None:
    texts: list[str] = []

    @w.app.command("/ask")
    async def ask(ack: AsyncAck, body: Json) -> None:
        texts.append(body["text"])
        await ack()

    command = {"command": "/ask", "description": "Ask", "should_escape": escape}
    features = {"slash_commands": [command]}
    scopes = {"scopes": {"bot": ["commands"]}}
    w.slack.install({"display_information": {"name": "Tea"}, "features": features, "oauth_config": scopes})
    await w.slack.slash(w.ann, w.general, "/ask", f"ask {w.ann.mention} in <#{w.general.id}>")
    assert texts == [text.format(ann=w.ann.id, general=w.general.id)]


async def test_a_press_reaches_the_app_with_the_message_and_its_thread(w: Bolt) -> None:
    bodies: list[Json] = []

    @w.app.action("stop")
    async def stop(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        bodies.append(body)
        await ack()
        await respond(text="stopped", replace_original=True)

    root = await w.slack.post(w.ann, w.general, "hello")
    ts = await w.post(blocks=[text_block("working"), actions(button())], thread_ts=root)
    await w.slack.press(w.ann, w.general, ts, "stop")
    await w.slack.wait_for(lambda: w.slack.rendered(w.general, ts) == "stopped")
    (body,) = bodies
    assert body["container"]["thread_ts"] == body["message"]["thread_ts"] == root
    assert body["actions"][0]["value"] == "v"
    with pytest.raises(NotPossible, match="nothing to press"):
        await w.slack.press(w.ann, w.general, ts, "stop")


async def test_an_ephemeral_message_is_changed_and_deleted_through_its_address_only(w: Bolt) -> None:
    bodies: list[Json] = []

    @w.app.action("stop")
    async def stop(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        bodies.append(body)
        await ack()
        if len(bodies) == 1:
            await respond(text="next", blocks=[actions(button())], replace_original=True)
        else:
            await respond(delete_original=True)

    where = {"channel": w.general.id, "user": w.ann.id, "text": "first", "blocks": [actions(button())]}
    ts = (await w.call("chat.postEphemeral", **where))["message_ts"]
    await w.slack.press(w.ann, w.general, ts, "stop")
    await w.slack.wait_for(lambda: [m.text for m in w.slack.ephemerals(w.ann)] == ["next"])
    await w.slack.press(w.ann, w.general, ts, "stop")
    await w.slack.wait_for(lambda: w.slack.ephemerals(w.ann) == [])
    assert bodies[0]["container"]["is_ephemeral"]
    assert "message" not in bodies[0]
    with pytest.raises(NotPossible):
        await w.slack.press(w.bob, w.general, ts, "stop")


async def test_a_choice_in_a_menu_has_its_option(w: Bolt) -> None:
    chosen: list[Json] = []

    @w.app.action("pick")
    async def pick(ack: AsyncAck, action: Json) -> None:
        chosen.append(action)
        await ack()

    option = {"text": {"type": "plain_text", "text": "Rename"}, "value": "rename"}
    ts = await w.post(blocks=[actions({"type": "overflow", "action_id": "pick", "options": [option]})])
    await w.slack.press(w.ann, w.general, ts, "pick", "rename")
    assert chosen[0]["selected_option"]["value"] == "rename"
    with pytest.raises(NotPossible):
        await w.slack.press(w.ann, w.general, ts, "pick", "nonsense")


@pytest.mark.parametrize(
    ("menu", "value", "told"),
    [
        ({"type": "users_select"}, "U012", {"selected_user": "U012"}),
        ({"type": "datepicker"}, "2026-11-22", {"selected_date": "2026-11-22"}),
        ({"type": "checkboxes", "options": [OPTION]}, "tea", {"selected_options": [OPTION]}),
        (
            {"type": "static_select", "option_groups": [{"label": OPTION["text"], "options": [OPTION]}]},
            "tea",
            {"selected_option": OPTION},
        ),
    ],
)
async def test_each_kind_of_choice_stands_under_its_own_name(w: Bolt, menu: Json, value: str, told: Json) -> None:
    chosen: list[Json] = []

    @w.app.action("pick")
    async def pick(ack: AsyncAck, action: Json) -> None:
        chosen.append(action)
        await ack()

    ts = await w.post(blocks=[actions({**menu, "action_id": "pick"})])
    await w.slack.press(w.ann, w.general, ts, "pick", value)
    assert told.items() <= chosen[0].items()


async def test_a_button_is_there_only_for_whom_it_is_meant(w: Bolt) -> None:
    @w.app.action("stop")
    async def stop(ack: AsyncAck) -> None:
        await ack()

    ts = await w.post(blocks=[actions({**button(), "visible_to_user_ids": [w.ann.id]})])
    await w.slack.press(w.ann, w.general, ts, "stop")
    with pytest.raises(NotPossible, match="nothing to press"):
        await w.slack.press(w.bob, w.general, ts, "stop")


async def response_address(w: Bolt) -> str:
    """A fresh address, as a command brings it."""
    got: list[str] = []

    async def any_command(ack: AsyncAck, body: Json) -> None:
        got.append(body["response_url"])
        await ack()

    w.app.command("/any")(any_command)
    await w.slack.slash(w.ann, w.general, "/any")
    return got[0]


async def respond_by_hand(address: str, **body: Any) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.post(address, json=body) as response:
        return response.status, str((await response.json()).get("error", ""))


async def test_a_response_address_is_good_for_five_uses(w: Bolt) -> None:
    address = await response_address(w)
    assert [await respond_by_hand(address, text=str(n)) for n in range(6)] == [(200, "")] * 5 + [(404, "used_url")]


async def test_a_response_address_is_good_for_thirty_minutes(w: Bolt) -> None:
    address = await response_address(w)
    await w.clock.advance(1801)
    assert await respond_by_hand(address, text="late") == (404, "expired_url")


async def test_a_response_address_takes_one_answer_a_second(w: Bolt) -> None:
    address = await response_address(w)
    w.slack.rates.enabled = True
    assert await respond_by_hand(address, text="one") == (200, "")
    assert await respond_by_hand(address, text="two") == (429, "ratelimited")
    await w.clock.advance(1)
    assert await respond_by_hand(address, text="three") == (200, "")


async def test_a_response_that_slack_would_refuse_is_refused_and_costs_no_use(w: Bolt) -> None:
    address = await response_address(w)
    assert await respond_by_hand(address, text="a", blocks=[{"type": "nonsense"}]) == (404, "invalid_blocks")
    assert await respond_by_hand(address, text="a", replace_original=True) == (404, "message_not_found")
    assert await respond_by_hand(address, text="a", response_type="in_channel") == (200, "")
    assert [m.text for m in w.slack.messages(w.general)] == ["a"]


async def test_a_trigger_opens_one_modal_within_three_seconds(w: Bolt) -> None:
    opened = await w.open_modal(modal(text_input()))
    assert opened["title"]["text"] == "Rename"
    again = {"trigger_id": w.triggers[0], "view": modal(text_input())}
    assert await w.refusal("views.open", **again) == "exchanged_trigger_id"
    assert await w.refusal("views.open", **{**again, "trigger_id": "nonsense"}) == "invalid_trigger_id"

    late: list[str] = []

    @w.app.shortcut("late")
    async def keep(ack: AsyncAck, body: Json) -> None:
        late.append(body["trigger_id"])
        await ack()

    await w.slack.global_shortcut(w.ann, "late")
    await w.clock.advance(3.1)
    assert await w.refusal("views.open", trigger_id=late[0], view=modal(text_input())) == "expired_trigger_id"


async def test_a_modal_that_slack_refuses_leaves_the_trigger_unused(w: Bolt) -> None:
    refused: list[str] = []

    @w.app.shortcut("open")
    async def opened(ack: AsyncAck, body: Json) -> None:
        await ack()
        wrong = modal({"type": "markdown", "text": "a"})
        refused.append(await w.refusal("views.open", trigger_id=body["trigger_id"], view=wrong))
        await w.call("views.open", trigger_id=body["trigger_id"], view=modal(text_input()))

    await w.slack.global_shortcut(w.ann, "open")
    await w.slack.wait_for(lambda: len(w.slack.views(w.ann)) == 1)
    assert refused == ["invalid_arguments"]


async def test_a_message_shortcut_carries_the_message(w: Bolt) -> None:
    got: list[Json] = []

    @w.app.shortcut("rename_chat")
    async def rename(ack: AsyncAck, body: Json) -> None:
        got.append(body)
        await ack()

    root = await w.slack.post(w.ann, w.general, "hello")
    ts = await w.post("answer", thread_ts=root)
    await w.slack.message_shortcut(w.ann, w.general, ts, "rename_chat")
    assert (got[0]["message"]["thread_ts"], got[0]["message_ts"], got[0]["message"]["text"]) == (root, ts, "answer")


async def test_a_submission_carries_what_was_filled_in_and_closes_the_modal(w: Bolt) -> None:
    got: list[Json] = []

    @w.app.view("form")
    async def submitted(ack: AsyncAck, view: Json) -> None:
        got.append(view["state"]["values"])
        await ack()

    view = await w.open_modal(modal(text_input(initial_value="old", max_length=10), private_metadata="chat 7"))
    assert await w.slack.submit(w.ann, view["id"], {"title": {"text": "new"}}) is None
    assert got == [{"title": {"text": {"type": "plain_text_input", "value": "new"}}}]
    assert w.slack.views(w.ann) == []


async def test_a_persons_client_does_not_send_what_is_missing_or_too_long(w: Bolt) -> None:
    view = await w.open_modal(modal(text_input(max_length=3)))
    for values in ({}, {"title": {"text": ""}}, {"title": {"text": "long"}}, {"other": {"text": "a"}}):
        with pytest.raises(NotPossible):
            await w.slack.submit(w.ann, view["id"], values)
    with pytest.raises(NotPossible):
        await w.slack.submit(w.bob, view["id"], {"title": {"text": "a"}})
    assert len(w.slack.views(w.ann)) == 1


async def test_errors_leave_the_modal_open(w: Bolt) -> None:
    w.on_submit(response_action="errors", errors={"title": "Please write a title."})
    view = await w.open_modal(modal(text_input()))
    answer = await w.slack.submit(w.ann, view["id"], {"title": {"text": "a"}})
    assert answer is not None
    assert answer["errors"] == {"title": "Please write a title."}
    assert w.slack.views(w.ann) == [view]


async def test_errors_must_name_fields_of_the_modal(w: Bolt) -> None:
    w.on_submit(response_action="errors", errors={"nonsense": "x"})
    view = await w.open_modal(modal(text_input()))
    with pytest.raises(NotPossible):
        await w.slack.submit(w.ann, view["id"], {"title": {"text": "a"}})
    assert [call.error for call in w.slack.refused] == ["invalid_arguments"]


async def test_an_update_shows_another_modal_in_its_place(w: Bolt) -> None:
    done = {"type": "modal", "title": {"type": "plain_text", "text": "Done"}, "blocks": [text_block("Renamed.")]}
    w.on_submit(response_action="update", view=done)
    view = await w.open_modal(modal(text_input()))
    before = view["id"]
    await w.slack.submit(w.ann, before, {"title": {"text": "a"}})
    (now,) = w.slack.views(w.ann)
    assert (now["id"], w.slack.rendered_view(now)) == (before, "Renamed.")
    with pytest.raises(NotPossible, match="no button"):
        await w.slack.submit(w.ann, before)


async def test_at_most_three_modals_lie_on_each_other(w: Bolt) -> None:
    refused: list[str] = []

    @w.app.action("more")
    async def more(ack: AsyncAck, body: Json) -> None:
        view = modal(actions(button("more")))
        refused.append(await w.refusal("views.push", trigger_id=body["trigger_id"], view=view))
        await ack()

    await w.open_modal(modal(actions(button("more"))))
    for _ in range(3):
        await w.slack.press_in_view(w.ann, w.slack.views(w.ann)[-1]["id"], "more")
    assert refused == ["", "", "push_limit_reached"]
    assert len(w.slack.views(w.ann)) == 3


async def test_a_view_is_updated_by_its_id_and_only_with_the_newest_hash(w: Bolt) -> None:
    view = await w.open_modal(modal(text_input()))
    old, changed = view["hash"], modal(text_block("changed"))
    assert await w.refusal("views.update", view_id=view["id"], view=changed, hash=old) == ""
    assert await w.refusal("views.update", view_id=view["id"], view=changed, hash=old) == "hash_conflict"
    await w.slack.close_view(w.ann, view["id"])
    assert await w.refusal("views.update", view_id=view["id"], view=changed) == "not_found"


async def test_an_external_id_is_used_once(w: Bolt) -> None:
    await w.open_modal(modal(text_input(), external_id="x"))
    home = {"type": "home", "external_id": "x", "blocks": [text_block("a")]}
    assert await w.refusal("views.publish", user_id=w.ann.id, view=home) == "duplicate_external_id"
    assert await w.refusal("views.update", external_id="x", view=modal(text_block("a"))) == ""


async def test_a_home_tab_is_published_for_each_person_and_its_buttons_work(w: Bolt) -> None:
    pressed: list[Json] = []

    @w.app.action("older")
    async def older(ack: AsyncAck, body: Json) -> None:
        pressed.append(body)
        await ack()

    home = {"type": "home", "blocks": [text_block("*Your chats*"), actions(button("older"))]}
    await w.call("views.publish", user_id=w.ann.id, view=home)
    shown = w.slack.home(w.ann)
    assert shown is not None
    assert w.slack.rendered_view(shown) == "*Your chats*"
    assert w.slack.home(w.bob) is None
    await w.slack.press_in_view(w.ann, shown["id"], "older")
    assert pressed[0]["container"] == {"type": "view", "view_id": shown["id"]}
    w.slack.app.home_tab = False
    assert await w.refusal("views.publish", user_id=w.ann.id, view=home) == "not_enabled"


def field(block_id: str, element: Json) -> Json:
    label = {"type": "plain_text", "text": "Field"}
    return {"type": "input", "block_id": block_id, "label": label, "element": element}


async def test_a_place_chosen_in_a_modal_can_be_answered_to(w: Bolt) -> None:
    got: list[Json] = []

    @w.app.view("form")
    async def submitted(ack: AsyncAck, body: Json) -> None:
        got.extend(body["response_urls"])
        await ack()

    chooser = {"type": "conversations_select", "action_id": "c", "response_url_enabled": True}
    view = await w.open_modal(modal(field("place", chooser), text_input()))
    chosen = {"type": "conversations_select", "selected_conversation": w.general.id}
    await w.slack.submit(w.ann, view["id"], {"place": {"c": chosen}, "title": {"text": "a"}})
    (address,) = got
    assert (address["channel_id"], address["block_id"], address["action_id"]) == (w.general.id, "place", "c")
    assert await respond_by_hand(address["response_url"], text="Done.", response_type="in_channel") == (200, "")
    assert [m.text for m in w.slack.messages(w.general)] == ["Done."]


async def test_the_app_is_asked_for_options_while_a_person_types(w: Bolt) -> None:
    option = {"text": {"type": "plain_text", "text": "Tea"}, "value": "t7"}

    @w.app.options("pick")
    async def options(ack: AsyncAck, body: Json) -> None:
        too_many = [option] * 101
        await ack(options=too_many if body["value"] == "everything" else [option])

    menu = {"type": "external_select", "action_id": "pick", "min_query_length": 2}
    view = await w.open_modal(modal(field("chat", menu)))
    assert await w.slack.suggest(w.ann, view["id"], "pick", "te") == [option]
    for action_id, typed in (("pick", "t"), ("other", "te"), ("pick", "everything")):
        with pytest.raises(NotPossible):
            await w.slack.suggest(w.ann, view["id"], action_id, typed)


@pytest.mark.parametrize(("clears", "left"), [(False, 1), (True, 0)])
async def test_closing_a_modal_closes_those_below_where_it_says_so(w: Bolt, clears: bool, left: int) -> None:
    got: list[Json] = []

    @w.app.view_closed("form")
    async def closed(ack: AsyncAck, body: Json) -> None:
        got.append(body)
        await ack()

    below = await w.open_modal(modal())
    trigger = w.slack.workspace.triggers.new(w.ann.id, below["id"])
    top = modal(clear_on_close=clears, notify_on_close=True)
    pushed = (await w.call("views.push", trigger_id=trigger, view=top))["view"]
    await w.slack.close_view(w.ann, pushed["id"])
    assert len(w.slack.views(w.ann)) == left
    assert [body["is_cleared"] for body in got] == [clears]
