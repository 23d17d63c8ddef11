"""auth.*, apps.*, users.*, bots.info, team.info: who is who."""

from playground.slack.arguments import Arguments
from playground.slack.errors import Refusal
from playground.slack.installations import revoke
from playground.slack.methods import Answer, MethodTable
from playground.slack.pages import MOST_ROWS, page
from playground.slack.workspace import DOMAIN, TEAM_NAME, Workspace

METHODS = MethodTable()


@METHODS.method("api.test", tier=4, needs_token=False)
def api_test(_workspace: Workspace, args: Arguments) -> Answer:
    if args.text("error"):
        raise Refusal(args.text("error"))
    return {"args": args.values}


@METHODS.method("auth.test")
def auth_test(workspace: Workspace, _args: Arguments) -> Answer:
    bot = workspace.bot
    who = {"user": bot.handle, "user_id": bot.id, "bot_id": bot.bot_id, "team_id": workspace.team_id}
    return {"url": f"https://{DOMAIN}.slack.com/", "team": TEAM_NAME, **who, "is_enterprise_install": False}


@METHODS.method("auth.revoke", tier=3)
def auth_revoke(workspace: Workspace, args: Arguments) -> Answer:
    if not args.flag("test"):
        revoke(workspace)
    return {"revoked": not args.flag("test")}


@METHODS.method("users.info", scope="users:read", tier=4, takes_json=False)
def users_info(workspace: Workspace, args: Arguments) -> Answer:
    person = workspace.person(args.needed("user"))
    locale = {"locale": person.locale} if args.flag("include_locale") else {}
    return {"user": {**person.wire(), **locale}}


@METHODS.method("users.list", scope="users:read", tier=2, takes_json=False)
def users_list(workspace: Workspace, args: Arguments) -> Answer:
    rows, rest = page([person.wire() for person in workspace.people.values()], args, usual=MOST_ROWS)
    return {"members": rows, **rest}


@METHODS.method("bots.info", scope="users:read", tier=3, takes_json=False)
def bots_info(workspace: Workspace, args: Arguments) -> Answer:
    for person in workspace.people.values():
        if person.bot_id and person.bot_id == args.text("bot", workspace.bot.bot_id):
            bot = {"id": person.bot_id, "deleted": False, "name": person.name, "app_id": person.app_id}
            return {"bot": {**bot, "user_id": person.id, "icons": {}}}
    raise Refusal("bot_not_found")


@METHODS.method("team.info", scope="team:read", tier=3, takes_json=False)
def team_info(workspace: Workspace, _args: Arguments) -> Answer:
    return {"team": {"id": workspace.team_id, "name": TEAM_NAME, "domain": DOMAIN, "icon": {}}}
