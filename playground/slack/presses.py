"""What people press, choose, submit and command: each is brought to the app once, and shows what comes back."""

from typing import Any

from playground.slack import interactions
from playground.slack.arguments import Arguments
from playground.slack.blocks import read_options
from playground.slack.calls import Call
from playground.slack.deliveries import Delivery, Kind, Postman
from playground.slack.errors import NotPossible, Refusal
from playground.slack.interactions import Payload, Values
from playground.slack.messages import Message
from playground.slack.methods_views import view_facts
from playground.slack.people import People
from playground.slack.places import Channel, Person
from playground.slack.responses import Responses, ResponseUrl
from playground.slack.typing_texts import in_command
from playground.slack.views import View, read_view
from playground.slack.workspace import Workspace

TIMED_OUT = "We had some trouble connecting. Try again? (operation_timeout)"


class Presses(People):
    """The actions that Slack brings to the app as interactions. An app that does not answer raises `NotPossible`."""

    def __init__(self, workspace: Workspace, responses: Responses, postman: Postman, calls: list[Call]) -> None:
        super().__init__(workspace)
        self._responses = responses
        self._postman = postman
        self._calls = calls

    async def slash(
        self, person: Person, channel: Channel, command: str, text: str = "", thread_ts: str | None = None
    ) -> list[Payload]:
        """Type a command, and give what comes back: the immediate reply first, later ones as they arrive."""
        self._refuse_command(channel, command, thread_ts)
        given = self._responses.new(person, channel)
        address = self._responses.address(given)
        handles = {one.id: one.handle for one in self.workspace.people.values()}
        text = in_command(text, self.workspace.names() | handles, escape=self.workspace.app.escapes(command))
        payload = interactions.slash(self.workspace, person, channel, command, text, address)
        delivery = await self._ask("slash_commands", payload)
        self._show_reply(given, delivery.answer)
        return given.seen

    async def press(
        self, person: Person, channel: Channel, ts: str, action_id: str, value: str | None = None
    ) -> list[Payload]:
        """Press a button of a message, or choose `value` in a menu; give what comes back through response_url."""
        message = self._seen(person, channel, ts)
        action = interactions.find_action(self.workspace, person, self._blocks(message), action_id, value)
        given = self._responses.new(person, channel, message)
        address = self._responses.address(given)
        payload = interactions.press_in_message(self.workspace, person, channel, message, action, address)
        await self._ask("interactive", payload)
        return given.seen

    async def press_in_view(self, person: Person, view_id: str, action_id: str, value: str | None = None) -> None:
        """Press a button, or choose in a menu, of an open modal or of the Home tab."""
        view = self._open_view(person, view_id)
        action = interactions.find_action(self.workspace, person, view["blocks"], action_id, value)
        await self._ask("interactive", interactions.press_in_view(self.workspace, person, view, action))

    async def message_shortcut(self, person: Person, channel: Channel, ts: str, callback_id: str) -> list[Payload]:
        """Choose a shortcut in a message's menu."""
        self.workspace.app.need_shortcut("message", callback_id)
        message = self._seen(person, channel, ts)
        given = self._responses.new(person, channel)
        address = self._responses.address(given)
        payload = interactions.message_shortcut(self.workspace, person, channel, message, callback_id, address)
        await self._ask("interactive", payload)
        return given.seen

    async def global_shortcut(self, person: Person, callback_id: str) -> None:
        """Choose a shortcut in the search or beside the composer."""
        self.workspace.app.need_shortcut("global", callback_id)
        await self._ask("interactive", interactions.global_shortcut(self.workspace, person, callback_id))

    async def submit(self, person: Person, view_id: str, values: Values | None = None) -> Payload | None:
        """Submit the modal on top, and give the response: errors leave it open, None or nothing closes it.

        `values` are those of Slack's state: block id, action id, then {"type", "value"}; a plain text does as well.
        """
        view = self._open_view(person, view_id)
        if view["type"] != "modal" or self.workspace.views.stack(person.id)[-1] is not view:
            raise NotPossible("only the modal on top can be submitted")
        if not view["submit"]:
            raise NotPossible("the modal has no button to submit it")
        view["state"] = {"values": interactions.filled_in(view, values or {})}
        addresses = self._addresses(person, view)
        delivery = await self._ask("interactive", interactions.submission(self.workspace, person, view, addresses))
        answer = delivery.answer if isinstance(delivery.answer, dict) else None
        self._respond_to_submission(person, view, answer)
        return answer

    async def suggest(self, person: Person, view_id: str, action_id: str, typed: str) -> list[Payload]:
        """Type into a menu of a modal whose options the app knows; give the options that it answers."""
        view = self._open_view(person, view_id)
        payload = interactions.suggestion(self.workspace, person, view, action_id, typed)
        delivery = await self._ask("interactive", payload)
        with self._logged("options", delivery.answer):
            return read_options(delivery.answer)

    async def close_view(self, person: Person, view_id: str) -> None:
        """Close the modal on top; the app hears of it where it asked to."""
        view = self._open_view(person, view_id)
        self.workspace.views.close(person.id, everything=view["clear_on_close"])
        if view["notify_on_close"]:
            await self._ask("interactive", interactions.closing(self.workspace, person, view))

    async def interact(self, kind: Kind, payload: Payload) -> Delivery:
        """Bring any payload to the app, once: a stale press, foreign data, something broken."""
        return await self._postman.ask(kind, payload)

    def _addresses(self, person: Person, view: View) -> list[Payload]:
        """Make an address for each place chosen in a field that asks for one."""
        made = []
        for where, place in interactions.chosen_places(view):
            given = self._responses.new(person, self.workspace.channels[place])
            made.append({**where, "channel_id": place, "response_url": self._responses.address(given)})
        return made

    def _refuse_command(self, channel: Channel, command: str, thread_ts: str | None) -> None:
        app = self.workspace.app
        if thread_ts is not None:
            raise NotPossible(f"{command} is not supported in threads. Sorry!")
        if channel.kind == "im" and app.agent_view and app.sessions:
            raise NotPossible(f"{command} is not supported in the pane of an agent")
        if app.commands is not None and command not in app.commands:
            raise NotPossible(f"{command} is not a valid command")
        if "commands" not in app.scopes:
            raise NotPossible(f"{command} is not a valid command: the app may not have any")

    def _show_reply(self, given: ResponseUrl, answer: Any) -> None:
        """Show what came with the acknowledgement; what Slack refuses of it the person does not see."""
        if isinstance(answer, str) and answer:
            answer = {"text": answer}
        if not isinstance(answer, dict) or not answer:
            return
        with self._logged("command reply", answer):
            self._responses.reply(given, Arguments(answer))

    def _respond_to_submission(self, person: Person, view: View, answer: Payload | None) -> None:
        kind = (answer or {}).get("response_action")
        if answer and kind in ("update", "push"):
            with self._logged(f"response_action {kind}", answer):
                self._show_view(person, view, read_view(answer.get("view"), "modal"), kind)
        elif answer and kind == "errors":
            with self._logged("response_action errors", answer):
                self._check_errors(view, answer.get("errors"))
        else:
            self.workspace.views.close(person.id, everything=kind == "clear")
        self.workspace.changes.notify()

    def _show_view(self, person: Person, view: View, asked: View, kind: str) -> None:
        if kind == "update":
            self.workspace.views.update(view, asked, None)
        else:
            self.workspace.views.push(person.id, asked, view_facts(self.workspace))

    def _check_errors(self, view: View, errors: Any) -> None:
        fields = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
        if not isinstance(errors, dict) or not errors or not set(errors) <= fields:
            raise Refusal("invalid_arguments", "errors must name input blocks of the view")

    def _logged(self, method: str, answer: Any) -> "_Logged":
        call = Call(
            method, answer if isinstance(answer, dict) else {}, self.workspace.clock.now(), status=200, done=True
        )
        self._calls.append(call)
        return _Logged(call)

    async def _ask(self, kind: Kind, payload: Payload) -> Delivery:
        delivery = await self._postman.ask(kind, payload)
        if delivery.status == 0:
            raise NotPossible(TIMED_OUT)
        if not delivery.acknowledged:
            raise NotPossible(f"the app answered with HTTP {delivery.status}")
        return delivery

    def _seen(self, person: Person, channel: Channel, ts: str) -> Message:
        """Find a message that the person sees."""
        for message in self.workspace.ephemerals:
            if message.ts == ts and message.ephemeral_to == person.id:
                return message
        if person.id not in channel.members or ts not in channel.messages:
            raise NotPossible(f"{person.name} does not see such a message")
        return channel.messages[ts]

    def _blocks(self, message: Message) -> list[Payload]:
        return [*(message.stream.blocks if message.stream else []), *message.blocks]

    def _open_view(self, person: Person, view_id: str) -> View:
        owner, view = self.workspace.views.find(view_id)
        if owner != person.id:
            raise NotPossible(f"{person.name} does not see this view")
        return view


class _Logged:
    """Turns a refusal of what an acknowledgement brought into a line in the log and what the person sees."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def __enter__(self) -> None:
        """Nothing to do before."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, Refusal):
            self._call.error, self._call.response = error.error, error.body
            raise NotPossible(f"{TIMED_OUT}: {error.error}") from error
