"""oauth.v2.access, apps.uninstall, and the page on which a person lets the app into the workspace."""

from html import escape
from urllib.parse import urlencode

from aiohttp import web

from playground.slack.arguments import Arguments
from playground.slack.errors import Refusal
from playground.slack.installations import uninstall
from playground.slack.methods import Answer, MethodTable
from playground.slack.oauth import TOKEN_LIFETIME
from playground.slack.workspace import TEAM_NAME, Workspace

METHODS = MethodTable()


@METHODS.method("oauth.v2.access", takes_json=False, needs_token=False)
def access(workspace: Workspace, args: Arguments) -> Answer:
    workspace.grants.check_client(args.text("client_id"), args.text("client_secret"))
    kind = args.text("grant_type", "authorization_code")
    if kind == "refresh_token":
        workspace.grants.use_refresh_token(args.text("refresh_token"))
        return _installed(workspace, workspace.installer)
    if kind != "authorization_code":
        raise Refusal("invalid_grant_type")
    code = workspace.grants.redeem(args.text("code"), args.text("redirect_uri"))
    workspace.app.scopes, workspace.installer = set(code.scopes), code.person
    return _installed(workspace, code.person)


@METHODS.method("apps.uninstall", tier=1)
def uninstall_(workspace: Workspace, args: Arguments) -> Answer:
    workspace.grants.check_client(args.text("client_id"), args.text("client_secret"))
    uninstall(workspace)
    return {}


def consent(workspace: Workspace, person: str, asked: Arguments) -> str:
    """Let the app in as a person does who presses Allow; give the address that the browser is sent to."""
    scopes, redirect_uri = _check(workspace, asked)
    code = workspace.grants.new_code(person, scopes, asked.text("redirect_uri"))
    return f"{redirect_uri}?{urlencode({'code': code, 'state': asked.text('state')})}"


def routes(workspace: Workspace) -> list[web.RouteDef]:
    """The page that asks for consent, and what its two buttons do."""

    async def ask(request: web.Request) -> web.Response:
        try:
            scopes, _ = _check(workspace, Arguments(dict(request.query)))
        except Refusal as refusal:
            return web.Response(text=_page(f"Something went wrong: {refusal.error}"), content_type="text/html")
        return web.Response(text=_page(_form(workspace, scopes)), content_type="text/html")

    async def answer(request: web.Request) -> web.Response:
        asked, form = Arguments(dict(request.query)), await request.post()
        try:
            _, redirect_uri = _check(workspace, asked)
            if form.get("answer") == "Allow":
                raise web.HTTPFound(consent(workspace, str(form.get("person", "")), asked))
        except Refusal as refusal:
            return web.Response(text=_page(f"Something went wrong: {refusal.error}"), content_type="text/html")
        denied = {"error": "access_denied", "state": asked.text("state")}
        raise web.HTTPFound(f"{redirect_uri}?{urlencode(denied)}")

    return [web.get("/oauth/v2/authorize", ask), web.post("/oauth/v2/authorize", answer)]


def _check(workspace: Workspace, asked: Arguments) -> tuple[tuple[str, ...], str]:
    """Give the scopes and the address to go back to; refuse what Slack shows an error page for."""
    if asked.text("client_id") != workspace.grants.client_id:
        raise Refusal("invalid_client_id")
    scopes = tuple(scope for scope in asked.text("scope").replace(" ", ",").split(",") if scope)
    if not scopes:
        raise Refusal("invalid_scope")
    known = workspace.app.redirect_urls
    wanted = asked.text("redirect_uri") or (known[0] if known else "")
    if not any(wanted == url or wanted.startswith(f"{url.rstrip('/')}/") for url in known):
        raise Refusal("bad_redirect_uri")
    return scopes, wanted


def _installed(workspace: Workspace, person: str) -> Answer:
    app = workspace.app
    answer: Answer = {"app_id": app.app_id, "authed_user": {"id": person}, "scope": ",".join(sorted(app.scopes))}
    answer |= {"token_type": "bot", "bot_user_id": workspace.bot.id, "enterprise": None}
    answer |= {"team": {"id": workspace.team_id, "name": TEAM_NAME}, "is_enterprise_install": False}
    if app.rotates:
        app.take_token(f"xoxe.{workspace.grants.new_token()}", workspace.clock.now() + TOKEN_LIFETIME)
        answer |= {"expires_in": TOKEN_LIFETIME, "refresh_token": workspace.grants.new_refresh_token()}
    elif app.token_error:
        app.take_token(workspace.grants.new_token())
    return {**answer, "access_token": app.bot_token}


def _form(workspace: Workspace, scopes: tuple[str, ...]) -> str:
    people = [person for person in workspace.people.values() if not person.is_bot]
    options = "".join(f'<option value="{person.id}">{escape(person.name)}</option>' for person in people)
    wanted = "".join(f"<li>{escape(scope)}</li>" for scope in scopes)
    buttons = "".join(f'<input type="submit" name="answer" value="{word}">' for word in ("Cancel", "Allow"))
    select = f'<select name="person">{options}</select>'
    return f'{escape(workspace.bot.name)} asks for:<ul>{wanted}</ul><form method="post">{select}{buttons}</form>'


def _page(body: str) -> str:
    return f"<!DOCTYPE html><html><head><title>Slack</title></head><body>{body}</body></html>"
