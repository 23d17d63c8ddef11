"""The methods of the Web API, each with what Slack's reference says of it beside its arguments."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playground.slack.arguments import Arguments
from playground.slack.rates import SPECIAL, TIERS, Limit
from playground.slack.workspace import Workspace

Answer = dict[str, Any]
Run = Callable[[Workspace, Arguments], Answer]
Paces = Callable[[Workspace, Arguments], list[Limit]]


@dataclass(frozen=True)
class Method:
    """`tier` 0 is Slack's special tier. `takes_json` is off for methods that read forms and queries only."""

    name: str
    run: Run
    scope: str
    tier: int
    takes_json: bool
    app_token: bool
    needs_token: bool
    limits: Paces | None

    def all_limits(self, workspace: Workspace, args: Arguments) -> list[Limit]:
        if self.limits is not None:
            return self.limits(workspace, args)
        return [Limit((self.name,), TIERS.get(self.tier, SPECIAL))]


class MethodTable(dict[str, Method]):
    """Methods by name; a file of methods fills one of these."""

    def method(
        self,
        name: str,
        *,
        scope: str = "",
        tier: int = 0,
        takes_json: bool = True,
        app_token: bool = False,
        needs_token: bool = True,
        limits: Paces | None = None,
    ) -> Callable[[Run], Run]:
        """Enter a function as a method."""

        def enter(run: Run) -> Run:
            self[name] = Method(name, run, scope, tier, takes_json, app_token, needs_token, limits)
            return run

        return enter
