"""Slack as a web server on this machine: the Web API, Socket Mode, response addresses, files."""

import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from playground.slack.arguments import Arguments, read_arguments
from playground.slack.calls import Call
from playground.slack.contents import with_warnings
from playground.slack.errors import ConnectionLost, Outage, Refusal, TooMany
from playground.slack.faults import Fault, Faults
from playground.slack.methods import Answer, Method, MethodTable
from playground.slack.responses import Responses
from playground.slack.sockets import Sockets
from playground.slack.workspace import Workspace

LARGEST_BODY = 50 << 20
SECRETS = ("token", "client_secret")
BAD_GATEWAY = "<html><head><title>Slack</title></head><body><h1>Server Error</h1></body></html>"


class Server:
    """Answers requests of one app; keeps its port over a restart."""

    def __init__(self, workspace: Workspace, methods: MethodTable, sockets: Sockets, responses: Responses) -> None:
        self.calls: list[Call] = []
        self.faults = Faults()
        self.port = 0
        self._workspace = workspace
        self.methods = methods
        self._sockets = sockets
        self._responses = responses
        self._runner: web.AppRunner | None = None
        self._routes: list[web.RouteDef] = [
            web.route("*", "/api/{method:.*}", self._api),
            web.get("/link/", sockets.connect),
            web.post("/response/{id}", self._respond),
        ]

    def add_routes(self, routes: list[web.RouteDef]) -> None:
        self._routes += routes

    async def start(self) -> None:
        app = web.Application(client_max_size=LARGEST_BODY)
        app.add_routes(self._routes)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.2, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]
        self._workspace.base_url = f"http://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        await self._sockets.close()
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _api(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        call = Call(name, {}, self._workspace.clock.now())
        method = self.methods.get(name)
        self.calls.append(call)

        async def run() -> Answer:
            args = await read_arguments(request, method is None or method.takes_json)
            call.args = {key: value for key, value in args.values.items() if key not in SECRETS}
            await self._meet_standing_fault(call)
            if method is None:
                raise Refusal("unknown_method")
            self._authorize(request, args, method)
            return await self._run(call, method, args)

        return await self._answer(request, call, run, method)

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        call = Call("response_url", {}, self._workspace.clock.now())
        self.calls.append(call)

        async def run() -> Answer:
            args = await read_arguments(request, takes_json=True)
            call.args = args.values
            await self._meet_standing_fault(call)
            fault = self._take_fault(call)
            if fault and not fault.applied:
                await self._suffer(fault)
            self._responses.use(request.match_info["id"], args)
            if fault and fault.applied:
                await self._suffer(fault)
            return {}

        return await self._answer(request, call, run, None)

    async def _answer(
        self, request: web.Request, call: Call, run: Callable[[], Awaitable[Answer]], method: Method | None
    ) -> web.StreamResponse:
        """Run a call, write down how it ended and say so to the app."""
        try:
            answer = {"ok": True, **await run()}
            call.status, call.response = 200, json.loads(json.dumps(answer))
            return web.json_response(answer, headers=self._headers(method))
        except Refusal as refusal:
            call.error, call.status, call.response = refusal.error, _status(call, refusal), refusal.body
            headers = {**self._headers(method), **refusal.headers}
            return web.json_response(refusal.body, status=call.status, headers=headers)
        except Outage as outage:
            call.error, call.status = f"HTTP {outage.status}", outage.status
            return web.Response(
                status=outage.status, text=BAD_GATEWAY, content_type="text/html", headers=outage.headers
            )
        except ConnectionLost:
            call.error = "connection lost"
            if request.transport:
                request.transport.abort()
            return web.Response()
        except Exception as error:
            call.error = f"the stand-in broke: {error!r}"
            raise
        finally:
            call.done = True
            self._workspace.changes.notify()

    async def _run(self, call: Call, method: Method, args: Arguments) -> Answer:
        self._workspace.changes.notify()
        limits = method.all_limits(self._workspace, args)
        call.too_early = self._workspace.rates.is_closed(*limits)
        self._workspace.rates.take(*limits)
        if method.scope:
            self._workspace.app.need_scope(method.scope) if not method.app_token else self._need_app_scope(method)
        fault = self._take_fault(call)
        if fault and fault.status == TooMany.status:
            self._workspace.rates.close(limits, fault.retry_after or 1)
        if fault and not fault.applied:
            await self._suffer(fault)
        answer = method.run(self._workspace, args)
        if fault and fault.applied:
            await self._suffer(fault)
        return with_warnings(answer, [fault.warning]) if fault and fault.warning else answer

    async def _meet_standing_fault(self, call: Call) -> None:
        standing = self.faults.standing
        if standing is not None:
            standing.hit += 1
            call.injected = standing.failure() is not None
            await self._suffer(standing)

    def _take_fault(self, call: Call) -> Fault | None:
        fault = self.faults.take(call.method)
        call.injected = call.injected or (fault is not None and fault.failure() is not None)
        return fault

    async def _suffer(self, fault: Fault) -> None:
        if fault.gate:
            await fault.gate.wait()
        if fault.seconds:
            await self._workspace.clock.sleep(fault.seconds)
        failure = fault.failure()
        if failure:
            raise failure

    def _authorize(self, request: web.Request, args: Arguments, method: Method) -> None:
        """Check the token: in the header or, for bot tokens, in a form. One in the address counts for nothing."""
        app, token = self._workspace.app, _token(request, args)
        if not method.needs_token:
            return
        if not token:
            raise Refusal("not_authed")
        if token != app.app_token:
            app.check_token(token, self._workspace.clock.now())
        if (token == app.app_token) != method.app_token:
            raise Refusal("not_allowed_token_type")
        if app.token_error:
            raise Refusal(app.token_error)

    def _need_app_scope(self, method: Method) -> None:
        provided = self._workspace.app.app_scopes
        if method.scope not in provided:
            raise Refusal("missing_scope", needed=method.scope, provided=",".join(sorted(provided)))

    def _headers(self, method: Method | None) -> dict[str, str]:
        headers = {"x-slack-req-id": self._workspace.ids.new("q", 20).lower()}
        if method is None:
            return headers
        scopes = self._workspace.app.app_scopes if method.app_token else self._workspace.app.scopes
        return {**headers, "x-oauth-scopes": ",".join(sorted(scopes)), "x-accepted-oauth-scopes": method.scope}


def _token(request: web.Request, args: Arguments) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind == "Bearer" and token:
        return token.strip()
    if "token" in args and "token" not in request.query and request.content_type != "application/json":
        return args.text("token")
    return ""


def _status(call: Call, refusal: Refusal) -> int:
    """Web API refusals come with 200; those of a response address with 404, except limits."""
    if call.method == "response_url" and not isinstance(refusal, TooMany):
        return 404
    return refusal.status
