"""The numbers of flood control: how much each window holds, and what a chat has used of it."""

from dataclasses import dataclass, field, replace

Window = tuple[int, float]


@dataclass(frozen=True)
class FloodLimits:
    """The windows, each as (calls, seconds); change them to make a stand-in milder or stricter."""

    private_burst: int = 5
    private_pace: float = 1.0
    private: Window = (60, 60.0)
    group: Window = (20, 60.0)
    typing: tuple[Window, ...] = ((20, 5.0), (40, 30.0))
    bulk: Window = (30, 1.0)
    shortest_wait: dict[str, int] = field(default_factory=lambda: {"send": 3, "edit": 9, "typing": 3})
    longest_wait: dict[str, int] = field(default_factory=lambda: {"send": 60, "edit": 40, "typing": 7})

    def squeezed(self, share: float) -> "FloodLimits":
        """Leave so large a share of every count, at least one call, and slow the pace down alike."""
        return replace(
            self,
            private_burst=max(1, int(self.private_burst * share)),
            private_pace=self.private_pace / share,
            private=_squeezed(self.private, share),
            group=_squeezed(self.group, share),
            typing=tuple(_squeezed(window, share) for window in self.typing),
            bulk=_squeezed(self.bulk, share),
        )


@dataclass(frozen=True)
class Budget:
    """One window of a chat: how many calls it counts now, and how many it bears within so many seconds."""

    name: str
    counted: int
    allowed: int
    seconds: float


@dataclass(frozen=True)
class ChatBudgets:
    """What one chat has used: messages (sends and edits), burst (private chats only) and typing (drafts too)."""

    chat_id: int
    closed_for: float
    budgets: tuple[Budget, ...]


def _squeezed(window: Window, share: float) -> Window:
    most, seconds = window
    return max(1, int(most * share)), seconds
