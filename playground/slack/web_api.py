"""The whole Web API: the methods of all files in one table."""

from playground.slack import (
    methods_blocks,
    methods_chat,
    methods_conversations,
    methods_files,
    methods_oauth,
    methods_people,
    methods_reactions,
    methods_sessions,
    methods_sockets,
    methods_streams,
    methods_views,
)
from playground.slack.methods import MethodTable
from playground.slack.sockets import Sockets


def all_methods(sockets: Sockets) -> MethodTable:
    """Join the methods of all files into one table."""
    table = MethodTable()
    for part in (
        methods_blocks,
        methods_chat,
        methods_conversations,
        methods_files,
        methods_oauth,
        methods_people,
        methods_reactions,
        methods_sessions,
        methods_streams,
        methods_views,
    ):
        table.update(part.METHODS)
    table.update(methods_sockets.methods(sockets))
    return table
