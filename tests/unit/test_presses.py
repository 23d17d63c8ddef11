import pytest

from bot.engine import texts
from bot.engine.errors import PlatformUnavailable
from bot.engine.posts import Action, Button, Post, Reaction
from bot.engine.presses import read_data
from tests.unit.world import HERE, World

WHOLE = "Some words that are long enough and the end"


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


@pytest.mark.parametrize(
    ("action", "left"),
    [(Action.STOP, f"Some words that are long enough\n\n{texts.STOPPED.english}"), (Action.RETRY, WHOLE)],
)
async def test_a_message_that_a_crash_left_behind_goes_when_its_button_is_pressed(
    world: World, action: Action, left: str
) -> None:
    """The process died between the platform's taking the message and our storing its number; Stop counts even so."""
    answer = world.llm.say("Some words that are long enough", " and the end", pause_after=1)
    await world.say("Hi")
    await answer.paused.wait()
    await world.clock.advance(1)
    button = Button("", action, (await world.last_turn()).id)
    stray = await world.messenger.send(HERE, Post("Some wor", ((button,),), live=True))
    reaction = await world.press(button, on=stray.id)
    assert reaction == Reaction(texts.OUTDATED.english if action is Action.RETRY else None)
    await world.settle()
    answer.go.set()
    await world.quiet()
    assert world.texts() == [left]


async def test_a_retry_pressed_under_a_message_whose_sending_is_not_answered_yet_leaves_it_there(world: World) -> None:
    """An answer that grew as a draft becomes a message only at its end, and people may be quicker than our network."""
    world.messenger.drafts, world.messenger.gap = True, 1.0
    answer = world.llm.say("Some words that are long enough", "and more", pause_after=1)
    await world.say("Hi")
    await answer.paused.wait()
    await world.clock.advance(1)
    world.messenger.lose_answers(PlatformUnavailable("502"))
    await world.command("stop")
    await world.settle()
    [text] = world.texts()
    assert (await world.press(world.button(texts.RETRY.english))).note == texts.STILL_RUNS.english
    await world.quiet()
    assert world.texts() == [text]
    assert await world.press(world.button(texts.RETRY.english)) == Reaction()
