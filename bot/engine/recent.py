"""A memory of what was noted last."""

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

MOST = 5000


class Recent(Generic[K, V]):
    """Keeps values by key; what was noted longest ago is forgotten when there are too many."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: OrderedDict[K, V] = OrderedDict()

    def note(self, key: K, value: V) -> None:
        self._kept[key] = value
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def forget(self, key: K) -> None:
        self._kept.pop(key, None)

    def get(self, key: K) -> V | None:
        return self._kept.get(key)

    def values(self) -> list[V]:
        return list(self._kept.values())

    def __contains__(self, key: K) -> bool:
        return key in self._kept
