"""A small language for what a JSON value must look like; every check tells what is wrong, and where."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Check = Callable[[Any, str], Iterator[str]]
"""Takes a value and its JSON pointer; gives the problems."""


def string(most: int, least: int = 1) -> Check:
    """A text of `least` to `most` characters."""

    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield f"must be a string [json-pointer:{where}]"
        elif len(value) > most:
            yield f"must be less than {most + 1} characters [json-pointer:{where}]"
        elif len(value) < least:
            yield f"must be more than {least - 1} characters [json-pointer:{where}]"

    return check


def choice(*allowed: str) -> Check:
    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, str) or value not in allowed:
            yield f"must be one of {', '.join(allowed)} [json-pointer:{where}]"

    return check


def flag(value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield f"must be a boolean [json-pointer:{where}]"


def number(least: int, most: int) -> Check:
    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            yield f"must be an integer from {least} to {most} [json-pointer:{where}]"

    return check


def amount(value: Any, where: str) -> Iterator[str]:
    """Any number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        yield f"must be a number [json-pointer:{where}]"


def anything(_value: Any, _where: str) -> Iterator[str]:
    yield from ()


def several(each: Check, most: int, least: int = 1) -> Check:
    """A list of `least` to `most` values."""

    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"must be a list [json-pointer:{where}]"
            return
        if len(value) > most:
            yield f"no more than {most} items allowed [json-pointer:{where}]"
        if len(value) < least:
            yield f"must provide at least {least} items [json-pointer:{where}]"
        for index, item in enumerate(value):
            yield from each(item, f"{where}/{index}")

    return check


def shape(
    needed: Mapping[str, Check], optional: Mapping[str, Check] | None = None, *, one_of: tuple[str, ...] = ()
) -> Check:
    """An object with these properties and no others; of `one_of` at least one must be there."""
    known = {**needed, **(optional or {})}

    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"must be an object [json-pointer:{where}]"
            return
        yield from (f"missing required field: {name} [json-pointer:{where}]" for name in needed if name not in value)
        if one_of and not any(name in value for name in one_of):
            yield f"must have one of {', '.join(one_of)} [json-pointer:{where}]"
        for name, item in value.items():
            if name not in known:
                yield f"invalid additional property: {name} [json-pointer:{where}]"
            else:
                yield from known[name](item, f"{where}/{name}")

    return check


def by_type(shapes: Mapping[str, Check]) -> Check:
    """An object whose `type` says what it must look like."""

    def check(value: Any, where: str) -> Iterator[str]:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in shapes:
            yield f"unsupported type: {kind} [json-pointer:{where}]"
        else:
            yield from shapes[kind](value, where)

    return check
