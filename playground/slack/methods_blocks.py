"""blocks.validate: https://docs.slack.dev/reference/methods/blocks.validate"""

import re
from collections.abc import Callable
from typing import Any

from playground.slack.arguments import Arguments
from playground.slack.blocks import read_blocks
from playground.slack.errors import Refusal
from playground.slack.methods import Answer, MethodTable
from playground.slack.views import read_view
from playground.slack.workspace import Workspace

METHODS = MethodTable()
POINTED = re.compile(r"(?:\[ERROR\] )?(?P<message>.*?)(?: \[json-pointer:(?P<pointer>[^\]]*)\])?", re.DOTALL)


@METHODS.method("blocks.validate", needs_token=False)
def validate(_workspace: Workspace, args: Arguments) -> Answer:
    given = [name for name in CHECKS if name in args]
    if len(given) != 1:
        raise Refusal("invalid_arguments", "provide exactly one of blocks, message, view")
    try:
        CHECKS[given[0]](args.structure(given[0]))
    except Refusal as refusal:
        said = refusal.body.get("response_metadata", {}).get("messages", [refusal.error])
        raise Refusal(f"invalid_{given[0]}", errors=[_problem(one) for one in said]) from refusal
    return {}


def _check_blocks(value: Any) -> None:
    if value is None:
        raise Refusal("invalid_blocks", "must be a list [json-pointer:/blocks]")
    read_blocks(value)


def _check_message(value: Any) -> None:
    if not isinstance(value, dict):
        raise Refusal("invalid_message", "must be an object [json-pointer:/message]")
    _check_blocks(value.get("blocks"))


def _check_view(value: Any) -> None:
    read_view(value, "modal", "home")


CHECKS: dict[str, Callable[[Any], None]] = {"blocks": _check_blocks, "message": _check_message, "view": _check_view}


def _problem(said: str) -> dict[str, Any]:
    """Say it as Slack does; which codes there are besides this one is in no document."""
    found = POINTED.fullmatch(said)
    assert found is not None  # the pattern takes anything
    pointer = found["pointer"] or ""
    field = pointer.rpartition("/")[2]
    return {"code": "failed_constraint", "message": found["message"], "pointer": pointer, "field": field}
