"""apps.connections.open: the address of a Socket Mode connection."""

from playground.slack.arguments import Arguments
from playground.slack.methods import Answer, MethodTable
from playground.slack.sockets import Sockets
from playground.slack.workspace import Workspace


def methods(sockets: Sockets) -> MethodTable:
    """Make the method that gives out tickets for these sockets."""
    table = MethodTable()

    @table.method("apps.connections.open", scope="connections:write", tier=3, app_token=True)
    def open_(workspace: Workspace, args: Arguments) -> Answer:
        debug = args.flag("debug_reconnects")
        address = workspace.base_url.replace("http", "ws", 1)
        ticket = sockets.new_ticket(debug=debug)
        return {"url": f"{address}/link/?ticket={ticket}&app_id={workspace.app.app_id}"}

    return table
