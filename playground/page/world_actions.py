"""Who is there, who one is, and what is asked for a newcomer."""

from typing import Any

from playground.page.actions import Action, Visit
from playground.page.world import World

FIRST_QUESTIONS = (
    "What is the capital of France and what is it famous for?",
    "My flight was cancelled. What should I do first?",
)
"""For Slack and for Telegram: what the small model answers well enough."""


def people_part(visit: Visit) -> dict[str, Any]:
    world = visit.world
    return {
        "me": {"id": visit.guest.id, "name": visit.guest.name},
        "guests": [
            {"id": guest.id, "name": guest.name, "online": bool(world.online.get(guest.id))}
            for guest in world.guests.values()
        ],
        "about": {"model": world.about.model, "kind": world.about.kind, "note": world.about.note},
    }


async def add_guest(visit: Visit, name: str) -> dict[str, str]:
    """Let somebody new in; the browser may then be that person."""
    return {"id": visit.world.add_guest(str(name)).id}


async def greet(visit: Visit) -> None:
    """Ask a first question in both panes for whoever comes first, so that the bot is seen at work at once."""
    world: World = visit.world
    if world.greeted:
        return
    world.greeted = True
    in_slack, in_telegram = FIRST_QUESTIONS
    await world.slack.post(visit.guest.slack, world.general, f"{world.slack.workspace.bot.mention} {in_slack}")
    await world.telegram.send(visit.guest.telegram, world.telegram.private_chat(visit.guest.telegram), in_telegram)


ACTIONS: dict[str, Action] = {"people.add": add_guest}
