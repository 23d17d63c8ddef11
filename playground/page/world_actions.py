"""Who is there, and who one is."""

from typing import Any

from playground.page.actions import Action, Visit


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
    return {"id": visit.world.add_guest(name).id}


ACTIONS: dict[str, Action] = {"people.add": add_guest}
