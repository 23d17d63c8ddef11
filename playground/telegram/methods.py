"""All methods by their name in lower case: the Bot API does not mind how a name is written."""

from collections.abc import Callable
from typing import Any

from playground.telegram import (
    methods_account,
    methods_copies,
    methods_drafts,
    methods_media,
    methods_messages,
    methods_rich,
    methods_updates,
    topics,
)
from playground.telegram.account import Account
from playground.telegram.errors import ApiError
from playground.telegram.parameters import Parameters

MODULES = (
    methods_account,
    methods_messages,
    methods_media,
    methods_copies,
    methods_rich,
    methods_drafts,
    methods_updates,
    topics,
)
Method = Callable[[Account, Parameters], Any]


def all_methods() -> dict[str, tuple[str, Method]]:
    """Map lower-case names to the proper name and the function behind it."""
    return {name.lower(): (name, method) for module in MODULES for name, method in module.METHODS.items()}


def find_method(methods: dict[str, tuple[str, Method]], name: str) -> tuple[str, Method]:
    try:
        return methods[name.lower()]
    except KeyError:
        raise ApiError(404, "Not Found: method not found") from None
