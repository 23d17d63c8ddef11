import pytest

from bot.engine.posts import Action, Button
from bot.engine.presses import read_data


@pytest.mark.parametrize(
    "button", [Button("", Action.STOP, 12), Button("", Action.RENAME, 3, "A: title"), Button("", Action.LIST, 0, "p")]
)
def test_data_comes_back_as_the_button_it_was(button: Button) -> None:
    assert read_data(button.data) == button


@pytest.mark.parametrize(
    "data",
    ["", "stop", "stop:", "stop:x", "stop:-1", "burn:1", "stop:٣", "stop:99999999999999999999", "::::", "stop:1.5"],
)
def test_data_that_none_of_our_buttons_carries_is_no_button(data: str) -> None:
    assert read_data(data) is None


def test_data_fits_into_a_telegram_button_unless_it_carries_a_text() -> None:
    longest = max(len(Button("", action, 2**63 - 1, "p").data.encode()) for action in Action)
    assert longest <= 64
