"""Modals and Home tabs: what they must look like, and what each person has open."""

import json
import random
from typing import Any

from playground.slack.block_elements import plain
from playground.slack.blocks import read_blocks
from playground.slack.errors import Refusal
from playground.slack.ids import Ids
from playground.slack.schemas import anything, by_type, flag, shape, string

View = dict[str, Any]

LARGEST = 250_000
"""Bytes of a view as JSON."""

MOST_PUSHED = 3
IDENTITY = {"private_metadata": string(3000, 0), "callback_id": string(255, 0), "external_id": string(255, 0)}
MODAL = shape(
    {"type": anything, "title": plain(24), "blocks": anything},
    {
        **IDENTITY,
        "submit": plain(24),
        "close": plain(24),
        "clear_on_close": flag,
        "notify_on_close": flag,
        "submit_disabled": flag,
    },
)
HOME = shape({"type": anything, "blocks": anything}, IDENTITY)


def read_view(value: Any, *kinds: str) -> View:
    """Check a view of a request; raise Slack's refusal."""
    known = {"modal": MODAL, "home": HOME}
    problems = list(by_type({kind: known[kind] for kind in kinds})(value, "/view"))
    if problems:
        raise Refusal("invalid_arguments", *problems)
    if len(json.dumps(value)) > LARGEST:
        raise Refusal("view_too_large")
    try:
        blocks = read_blocks(value["blocks"], value["type"])
        if not blocks:
            raise Refusal("invalid_blocks", "must provide at least 1 items [json-pointer:/view/blocks]")
    except Refusal as refusal:
        raise Refusal("invalid_arguments", *_reasons(refusal)) from refusal
    if value["type"] == "modal" and "submit" not in value and any(block["type"] == "input" for block in blocks):
        raise Refusal("invalid_arguments", "missing required field: submit [json-pointer:/view]")
    return dict(value)


def _reasons(refusal: Refusal) -> list[str]:
    said = refusal.body.get("response_metadata", {}).get("messages", [refusal.error])
    return [reason.removeprefix("[ERROR] ") for reason in said]


class Views:
    """What people have open: a stack of modals each, and a Home tab each."""

    def __init__(self, ids: Ids, dice: random.Random) -> None:
        self._ids = ids
        self._dice = dice
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}

    def stack(self, person: str) -> list[View]:
        """Show the modals of a person, the visible one last."""
        return list(self._stacks.get(person, []))

    def home(self, person: str) -> View | None:
        return self._homes.get(person)

    def find(self, view_id: str) -> tuple[str, View]:
        """Give the person and the view that is open under an id; refuse with `not_found`."""
        everything = [(p, v) for p, stack in self._stacks.items() for v in stack] + list(self._homes.items())
        for person, view in everything:
            if view["id"] == view_id:
                return person, view
        raise Refusal("not_found")

    def find_external(self, external_id: str) -> View:
        for view in self._open():
            if external_id and view["external_id"] == external_id:
                return view
        raise Refusal("not_found")

    def open(self, person: str, asked: View, facts: View) -> View:
        """Open a modal; whatever was open goes away."""
        self._stacks.pop(person, None)
        return self.push(person, asked, facts)

    def push(self, person: str, asked: View, facts: View) -> View:
        """Put a modal on top of the others, three at most."""
        stack = self._stacks.get(person, [])
        if len(stack) >= MOST_PUSHED:
            raise Refusal("push_limit_reached")
        self._refuse_external_twice(asked)
        view = self._made(asked, facts)
        view["previous_view_id"] = stack[-1]["id"] if stack else None
        view["root_view_id"] = stack[0]["id"] if stack else view["id"]
        self._stacks[person] = [*stack, view]
        return view

    def update(self, view: View, asked: View, hash_: str | None) -> View:
        """Put other contents into a view that is open."""
        if hash_ is not None and hash_ != view["hash"]:
            raise Refusal("hash_conflict")
        self._refuse_external_twice(asked, view)
        kept = {name: view[name] for name in ("id", "root_view_id", "previous_view_id")}
        facts = {name: view[name] for name in ("team_id", "app_id", "bot_id", "app_installed_team_id")}
        view_now = {**self._made(asked, facts), **kept}
        view.clear()
        view.update(view_now)
        return view

    def publish(self, person: str, asked: View, facts: View, hash_: str | None) -> View:
        current = self._homes.get(person)
        if current is not None:
            return self.update(current, asked, hash_)
        self._refuse_external_twice(asked)
        view = self._homes[person] = self._made(asked, facts)
        return view

    def close(self, person: str, *, everything: bool = False) -> None:
        """Take the topmost modal away, or all of them."""
        stack = self._stacks.get(person, [])
        self._stacks[person] = [] if everything else stack[:-1]

    def _open(self) -> list[View]:
        return [view for stack in self._stacks.values() for view in stack] + list(self._homes.values())

    def _refuse_external_twice(self, asked: View, but: View | None = None) -> None:
        wanted = asked.get("external_id")
        if wanted and any(view["external_id"] == wanted for view in self._open() if view is not but):
            raise Refusal("duplicate_external_id")

    def _made(self, asked: View, facts: View) -> View:
        blocks = [{"block_id": self._ids.new("b", 5), **block} for block in asked["blocks"]]
        empty: View = {"private_metadata": "", "callback_id": "", "external_id": "", "submit": None, "close": None}
        switches: View = {"clear_on_close": False, "notify_on_close": False}
        id_ = self._ids.new("V")
        fresh: View = {"id": id_, "root_view_id": id_, "previous_view_id": None, "state": {"values": {}}}
        stamp = f"{self._dice.randrange(10**10)}.{self._dice.getrandbits(32):08x}"
        return {**empty, **switches, **asked, **fresh, **facts, "blocks": blocks, "hash": stamp}
