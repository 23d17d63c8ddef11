"""The stand-in as a whole: a Slack workspace with one app, people in it, and windows to look through."""

import asyncio
import random
from collections.abc import Callable, Iterable
from typing import Any

from playground.clock import Clock
from playground.slack import methods_files, methods_oauth
from playground.slack.app import App
from playground.slack.calls import Call
from playground.slack.deliveries import Delivery, Postman
from playground.slack.faults import Fault
from playground.slack.manifest import read_manifest
from playground.slack.mentions import Notification
from playground.slack.messages import Message
from playground.slack.places import Channel, Person
from playground.slack.presses import Presses
from playground.slack.rates import Rates
from playground.slack.rendering import rendered, view_text
from playground.slack.responses import Responses
from playground.slack.server import Server
from playground.slack.sessions import Session
from playground.slack.signed_http import SignedHttp
from playground.slack.sockets import Sockets
from playground.slack.views import View
from playground.slack.web_api import all_methods
from playground.slack.workspace import Workspace


class SlackStandIn(Presses):
    """A strict Slack for one app, on this machine.

    It refuses what the real service refuses and, in doubt, a little more. Stopping and starting it again keeps
    everything, the port included. Without `deliver_to` it delivers over Socket Mode.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        strict_rates: bool = True,
        *,
        sessions: bool = True,
        agent_view: bool = True,
        scopes: Iterable[str] | None = None,
        distributed: bool = False,
        commands: Iterable[str] | None = None,
        seed: int = 1,
    ) -> None:
        workspace = Workspace(clock or Clock(), random.Random(seed), strict_rates)
        app = workspace.app
        app.sessions, app.agent_view, app.distributed = sessions, agent_view, distributed
        app.scopes = set(scopes) if scopes is not None else app.scopes
        app.commands = set(commands) if commands is not None else None
        responses = Responses(workspace)
        self.sockets = Sockets(app.app_id, workspace.clock, workspace.dice, workspace.changes, workspace.tasks)
        self.postman = Postman(workspace.clock, workspace.dice, workspace.changes, workspace.tasks, self.sockets)
        self._server = Server(workspace, all_methods(self.sockets), self.sockets, responses)
        self._server.add_routes([*methods_files.routes(workspace), *methods_oauth.routes(workspace)])
        super().__init__(workspace, responses, self.postman, self._server.calls)
        workspace.send_event = self.postman.send_event

    async def start(self) -> None:
        await self._server.start()

    async def stop(self) -> None:
        await self.workspace.tasks.end()
        await self._server.stop()

    async def __aenter__(self) -> "SlackStandIn":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    # What the app is given

    @property
    def api_url(self) -> str:
        return f"{self.workspace.base_url}/api/"

    @property
    def methods(self) -> frozenset[str]:
        """The methods of the Web API that are there; every other one is `unknown_method`."""
        return frozenset(self._server.methods)

    @property
    def app(self) -> App:
        """The app's switches: `slack.app.scopes`, `.events`, `.sessions`, `.commands`, `.token_error`, …"""
        return self.workspace.app

    @property
    def bot_token(self) -> str:
        return self.app.bot_token

    @property
    def app_token(self) -> str:
        return self.app.app_token

    @property
    def client_id(self) -> str:
        return self.workspace.grants.client_id

    @property
    def client_secret(self) -> str:
        return self.workspace.grants.client_secret

    @property
    def signing_secret(self) -> str:
        return self.app.signing_secret

    @property
    def team_id(self) -> str:
        return self.workspace.team_id

    @property
    def bot_user_id(self) -> str:
        return self.workspace.bot.id

    @property
    def bot_id(self) -> str:
        return self.workspace.bot.bot_id

    @property
    def clock(self) -> Clock:
        return self.workspace.clock

    @property
    def rates(self) -> Rates:
        """The limits: `slack.rates.enabled = False` lifts them."""
        return self.workspace.rates

    def install(self, manifest: dict[str, Any]) -> None:
        """Install the app anew, as its manifest says; raise `NotPossible` where Slack would not take that."""
        self.app.install(read_manifest(manifest))

    # How deliveries travel

    def deliver_to(self, url: str) -> None:
        """Deliver as signed HTTP requests to this address from now on."""
        self.postman.transport = SignedHttp(url, self.signing_secret, self.clock)

    async def verify_url(self) -> bool:
        """Send the challenge that Slack sends when the address is entered; say whether it came back."""
        transport = self.postman.transport
        assert isinstance(transport, SignedHttp), "deliver_to comes first"
        return await transport.verify(self.app.verification_token, self.workspace.ids.new("ch", 30))

    def deliver_with(
        self, *, duplicate: int = 0, reorder: bool = False, delay: float = 0.0, drop: int = 0, hourly: bool = False
    ) -> None:
        """Deliver events so many times more, in another order, or later; lose the first attempt of the next `drop`.

        `hourly` is the app's setting Delayed Events: after the third repeat there is one every hour for a day.
        """
        self.postman.drops, self.postman.hourly = drop, hourly
        self.postman.duplicates, self.postman.reorders, self.postman.delay = duplicate, reorder, delay

    def redeliver(self, n: int = 1) -> None:
        """Deliver the last n events once more, with their event ids."""
        self.postman.redeliver(n)

    def deliver_raw(self, payload: dict[str, Any]) -> None:
        """Deliver any event payload, also a broken one; it is repeated until it is acknowledged."""
        self.postman.send_event(payload)

    async def refresh_sockets(self) -> None:
        """End every connection as Slack does every few hours."""
        await asyncio.gather(*(self.sockets.refresh(connection) for connection in self.sockets.open))

    def cut_sockets(self) -> None:
        """Break every connection off without a word."""
        for connection in self.sockets.open:
            self.sockets.cut(connection)

    # People and places

    def add_person(self, name: str, handle: str = "", *, guest: bool = False, locale: str = "en-US") -> Person:
        handle = handle or name.lower().replace(" ", ".")
        person = Person(self.workspace.ids.new("U"), name, handle, self.team_id, guest=guest, locale=locale)
        return self.workspace.people.setdefault(person.id, person)

    def add_bot(self, name: str) -> Person:
        """Add another app's bot; it posts with `post` like a person."""
        ids = self.workspace.ids
        bot = Person(ids.new("U"), name, name.lower(), self.team_id, ids.new("B"), ids.new("A"))
        return self.workspace.people.setdefault(bot.id, bot)

    def add_channel(
        self, name: str, members: Iterable[Person] = (), bot: bool = True, *, private: bool = False
    ) -> Channel:
        """Set up a channel with its members; no event tells of it."""
        return self.workspace.add_channel(name, "group" if private else "channel", list(members), bot)

    def open_dm(self, person: Person) -> Channel:
        """Give the conversation of a person with the app (its Messages tab)."""
        return self.workspace.dm(person)

    def add_group_dm(self, members: Iterable[Person]) -> Channel:
        """Set up a conversation of several people and the app."""
        people = list(members)
        name = "mpdm-" + "--".join(person.handle for person in people) + "-1"
        return self.workspace.add_channel(name, "mpim", people, bot_in=True)

    # Windows

    def message(self, channel: Channel, ts: str) -> Message:
        """Show a message as it is now; `KeyError` where it is gone."""
        found = channel.messages[ts]
        if found.tombstone:
            raise KeyError(ts)
        return found

    def messages(self, channel: Channel) -> list[Message]:
        """Show everything that stands in a channel now, threads included, oldest first."""
        return [message for message in channel.messages.values() if not message.tombstone]

    def thread(self, channel: Channel, root_ts: str) -> list[Message]:
        """Show the root of a thread, if it still stands, and its replies."""
        return [message for message in self.messages(channel) if root_ts in (message.ts, message.thread_ts)]

    def ephemerals(self, person: Person) -> list[Message]:
        """Show what only this person sees."""
        return [message for message in self.workspace.ephemerals if message.ephemeral_to == person.id]

    def views(self, person: Person) -> list[View]:
        """Show the modals that a person has open, the visible one last."""
        return self.workspace.views.stack(person.id)

    def home(self, person: Person) -> View | None:
        """Show the Home tab of a person; None where nothing was published."""
        return self.workspace.views.home(person.id)

    def rendered(self, channel: Channel, ts: str) -> str:
        """Show the whole text that a person reads in a message."""
        return self.rendered_message(self.message(channel, ts))

    def rendered_message(self, message: Message) -> str:
        """Show the same of a message in hand, for example an ephemeral one."""
        return rendered(message, self.workspace.names())

    def rendered_view(self, view: View) -> str:
        return view_text(view, self.workspace.names())

    def session(self, channel: Channel, thread_ts: str) -> Session | None:
        """Show the agent session of a thread."""
        return self.workspace.sessions.at(channel.id, thread_ts)

    def status(self, channel: Channel, thread_ts: str) -> str:
        """Show the line under a thread that `assistant.threads.setStatus` set; "" when it is gone."""
        text, until = self.workspace.statuses.get((channel.id, thread_ts), ("", 0.0))
        return text if self.clock.now() < until else ""

    @property
    def notified(self) -> list[Notification]:
        """Whom messages of the app have notified by control sequences."""
        return self.workspace.notified

    @property
    def calls(self) -> list[Call]:
        return self._server.calls

    def calls_of(self, *methods: str) -> list[Call]:
        return [call for call in self.calls if call.method in methods]

    @property
    def refused(self) -> list[Call]:
        """The calls that were answered with an error, also with one that a test asked for (`call.injected`)."""
        return [call for call in self.calls if call.error is not None]

    @property
    def too_early(self) -> list[Call]:
        """The calls that came before the `Retry-After` of an earlier one was over; a good app makes none."""
        return [call for call in self.calls if call.too_early]

    @property
    def deliveries(self) -> list[Delivery]:
        """Every attempt to deliver something, in the order in which they began."""
        return self.postman.log

    async def wait_for(self, condition: Callable[[], object], timeout: float = 10.0) -> None:  # noqa: ASYNC109 - the tests' own word
        """Return as soon as the condition holds; raise `TimeoutError` after so many real seconds."""
        await self.workspace.changes.wait_for(condition, timeout)

    # Trouble on demand

    def fail(
        self,
        method: str,
        error: str = "internal_error",
        *,
        times: int = 1,
        status: int = 0,
        retry_after: int | None = None,
        applied: bool = False,
    ) -> Fault:
        """Let the next calls of a method fail; `applied` means that they take effect all the same."""
        return self._server.faults.plan(Fault(method, times, error, status, retry_after, applied))

    def warn(self, method: str, warning: str, *, times: int = 1) -> Fault:
        """Let the next calls of a method succeed with a warning in the answer."""
        return self._server.faults.plan(Fault(method, times, warning=warning))

    def outage(self, on: bool, status: int = 503) -> None:
        """Answer every call with this status and a page, `apps.connections.open` too, until it is switched off.

        Connections that stand go on: what Slack delivers is not part of it.
        """
        self._server.faults.standing = Fault("*", status=status) if on else None

    def reset(self, method: str, *, applied: bool = True, times: int = 1) -> Fault:
        """Break the connection of the next calls off, after or before they took effect."""
        return self._server.faults.plan(Fault(method, times, applied=applied, reset=True))

    def slow(self, method: str, seconds: float, *, times: int = 1, applied: bool = True) -> Fault:
        """Answer the next calls so many seconds later, on the stand-in's clock."""
        return self._server.faults.plan(Fault(method, times, seconds=seconds, applied=applied))

    def hold(self, method: str, *, times: int = 1, applied: bool = False) -> asyncio.Event:
        """Hold the next calls until the event that you get is set."""
        gate = asyncio.Event()
        self._server.faults.plan(Fault(method, times, gate=gate, applied=applied))
        return gate
