"""views.*: modals and the Home tab. https://docs.slack.dev/reference/methods/views.open"""

from playground.slack.arguments import Arguments
from playground.slack.errors import Refusal
from playground.slack.methods import Answer, MethodTable
from playground.slack.triggers import Trigger
from playground.slack.views import View, read_view
from playground.slack.workspace import Workspace

METHODS = MethodTable()


@METHODS.method("views.open", tier=4)
def open_(workspace: Workspace, args: Arguments) -> Answer:
    trigger, view = _trigger(workspace, args), read_view(args.structure("view"), "modal")
    opened = workspace.views.open(trigger.person, view, view_facts(workspace))
    trigger.used = True
    return {"view": opened}


@METHODS.method("views.push", tier=4)
def push(workspace: Workspace, args: Arguments) -> Answer:
    trigger, view = _trigger(workspace, args), read_view(args.structure("view"), "modal")
    if not trigger.view_id or not workspace.views.stack(trigger.person):
        raise Refusal("invalid_trigger_id")
    pushed = workspace.views.push(trigger.person, view, view_facts(workspace))
    trigger.used = True
    return {"view": pushed}


@METHODS.method("views.update", tier=4)
def update(workspace: Workspace, args: Arguments) -> Answer:
    asked = read_view(args.structure("view"), "modal", "home")
    if "view_id" in args:
        _, view = workspace.views.find(args.needed("view_id"))
    else:
        view = workspace.views.find_external(args.needed("external_id"))
    if view["type"] != asked["type"]:
        raise Refusal("invalid_arguments", "the type of a view cannot change [json-pointer:/view/type]")
    return {"view": workspace.views.update(view, asked, args.optional("hash"))}


@METHODS.method("views.publish", tier=4)
def publish(workspace: Workspace, args: Arguments) -> Answer:
    user = args.needed("user_id")
    if user not in workspace.people or workspace.people[user].is_bot:
        raise Refusal("invalid_arguments", "no such user [json-pointer:/user_id]")
    view = read_view(args.structure("view"), "home")
    if not workspace.app.home_tab:
        raise Refusal("not_enabled")
    return {"view": workspace.views.publish(user, view, view_facts(workspace), args.optional("hash"))}


def view_facts(workspace: Workspace) -> View:
    """What Slack adds to every view of the app."""
    team = workspace.team_id
    app = {"app_id": workspace.app.app_id, "bot_id": workspace.bot.bot_id}
    return {"team_id": team, "app_installed_team_id": team, **app}


def _trigger(workspace: Workspace, args: Arguments) -> Trigger:
    name = args.text("trigger_id") or args.text("interactivity_pointer")
    if not name:
        raise Refusal("invalid_arguments", "missing required field: trigger_id")
    return workspace.triggers.look(name)
