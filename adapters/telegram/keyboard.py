"""Buttons, as Telegram's inline keyboards."""

from collections.abc import Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import KeyboardButtonStyle

from bot.engine.posts import Button

_DATA_BYTES = 64
_ROW = 8


def keyboard(rows: Sequence[Sequence[Button]]) -> InlineKeyboardMarkup | None:
    """The keyboard under a message; None for no buttons, which removes those that an edited message had."""
    shown = [[_button(button) for button in part] for row in rows for part in _parts(row)]
    return InlineKeyboardMarkup(shown) if shown else None


def _parts(row: Sequence[Button]) -> list[Sequence[Button]]:
    """A row as clients show it: eight buttons at most."""
    return [row[start : start + _ROW] for start in range(0, len(row), _ROW)]


def _button(button: Button) -> InlineKeyboardButton:
    if button.url:
        return InlineKeyboardButton(button.label, url=button.url)
    style = KeyboardButtonStyle.DANGER if button.danger else None
    return InlineKeyboardButton(button.label, callback_data=_data(button), style=style)


def _data(button: Button) -> str:
    """A button that carries a long text keeps the beginning of it: Telegram refuses the message otherwise."""
    return button.data.encode()[:_DATA_BYTES].decode("utf-8", "ignore")
