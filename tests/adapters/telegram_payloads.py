"""Telegram's updates as it sends them, ids and names replaced; each file in payloads/telegram is one update."""

import copy
import json
from pathlib import Path
from typing import Any

from adapters.telegram.inbound import Identity
from bot.engine.chats import Author, ChatKey

ME = Identity(5550001111, "threadline_bot")
ANN = Author("410000001", "Ann Lee", "en")
BOB = Author("410000002", "Bob", "de")
PRIVATE = ChatKey("telegram", "5550001111", "410000001")
GROUP = ChatKey("telegram", "5550001111", "-1001900000001")
FORUM = ChatKey("telegram", "5550001111", "-1001900000002")

_FOLDER = Path(__file__).parent / "payloads" / "telegram"


def payload(name: str) -> dict[str, Any]:
    """A fresh copy of a recorded update."""
    update: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return copy.deepcopy(update)


def names() -> list[str]:
    return sorted(path.stem for path in _FOLDER.glob("*.json"))
