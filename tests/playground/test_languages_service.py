"""Everybody is spoken to in the language that they have set on their platform, also side by side in one place."""

import json
from collections.abc import AsyncIterator
from itertools import product
from typing import Any

import pytest

from bot.engine import texts
from bot.engine.languages import ENGLISH, LANGUAGES
from playground.slack import SlackStandIn
from playground.slack.places import Person as Member
from playground.telegram import TelegramStandIn
from playground.telegram.chats import Message, Person
from tests.playground.rig import PATIENCE, Rig, slack_rig, telegram_rig

STORY = "word " * 400
UNREACHABLE = texts.FAILURES["unreachable"]


class Office:
    """A channel in Slack with Anna, whose Slack is Austrian, and Bob, whose Slack is American."""

    def __init__(self, rig: Rig, slack: SlackStandIn) -> None:
        self.rig = rig
        self.slack = slack
        self.anna: Member = slack.add_person("Anna", locale="de-AT")
        self.bob: Member = slack.add_person("Bob", locale="en-US")
        self.channel = slack.add_channel("general", [self.anna, self.bob])

    async def asks(self, person: Member, text: str) -> str:
        return await self.slack.post(person, self.channel, f"<@{self.slack.bot_user_id}> {text}")

    async def reads(self, root: str, *words: str) -> None:
        """Wait until the bot's post in the thread says all of this, its buttons included."""

        def there() -> bool:
            posts = self.slack.thread(self.channel, root)[1:]
            said = [self.slack.rendered(self.channel, post.ts) + shown(post.blocks) for post in posts]
            return any(all(word in text for word in words) for text in said)

        await self.slack.wait_for(there, timeout=PATIENCE)

    async def modal(self, person: Member, title: str) -> dict[str, Any]:
        """Wait for the modal with this title, and give it."""
        await self.slack.wait_for(
            lambda: [view for view in self.slack.views(person) if view["title"]["text"] == title], timeout=PATIENCE
        )
        return self.slack.views(person)[-1]


def shown(blocks: Any) -> str:
    return json.dumps(blocks, ensure_ascii=False)


@pytest.fixture
async def office(sqlite_url: str) -> AsyncIterator[Office]:
    async with slack_rig(sqlite_url) as (rig, slack):
        yield Office(rig, slack)


class Group:
    """A group in Telegram with Anna, whose Telegram is German, Bob, whose is English, and Caio, from Brazil."""

    def __init__(self, rig: Rig, telegram: TelegramStandIn) -> None:
        self.rig = rig
        self.telegram = telegram
        self.anna = telegram.add_person("Anna", language_code="de")
        self.bob = telegram.add_person("Bob", language_code="en")
        self.caio = telegram.add_person("Caio", language_code="pt-br")
        self.chat = telegram.add_group("Team", [self.anna, self.bob, self.caio])

    async def asks(self, person: Person, text: str) -> None:
        await self.telegram.send(person, self.chat, f"@{self.telegram.username} {text}")

    async def commands(self, person: Person, name: str) -> None:
        await self.telegram.send(person, self.chat, f"/{name}@{self.telegram.username}")

    async def reads(self, start: str, button: str = "") -> Message:
        """Wait for a message of the bot's that begins so and has this button, and give it."""

        def found() -> list[Message]:
            posts = self.telegram.bot_messages(self.chat)
            return [post for post in posts if post.text.startswith(start) and button in ("", *post.button_labels)]

        await self.telegram.wait_for(found, timeout=PATIENCE)
        return found()[-1]


@pytest.fixture
async def group(sqlite_url: str) -> AsyncIterator[Group]:
    async with telegram_rig(sqlite_url) as (rig, telegram):
        yield Group(rig, telegram)
        assert telegram.refused == []


async def test_in_one_channel_of_slack_each_is_helped_in_their_language(office: Office) -> None:
    for person, language in ((office.anna, "de"), (office.bob, "en")):
        root = await office.asks(person, "help")
        await office.reads(root, texts.HELP["slack"](language).partition("\n")[0])


async def test_in_slack_an_answers_buttons_and_notes_are_in_the_language_of_who_asked(office: Office) -> None:
    for person, language in ((office.anna, "de"), (office.bob, "en")):
        office.rig.endpoint.fail(500)
        root = await office.asks(person, "Hello")
        await office.reads(root, UNREACHABLE(language), f'"{texts.RETRY(language)}"')
        office.rig.endpoint.say(STORY, rate=40.0)
        root = await office.asks(person, "Tell me a long story")
        await office.reads(root, "word word", f'"{texts.STOP(language)}"')
        await office.slack.press_stop(person, office.channel, root)
        await office.reads(root, texts.STOPPED(language).strip("_"), f'"{texts.RETRY(language)}"')


async def test_a_slash_command_is_answered_in_the_language_of_who_typed_it(office: Office) -> None:
    for person, language in ((office.anna, "de"), (office.bob, "en")):
        listed = shown(await office.slack.slash(person, office.channel, "/chats", ""))
        assert texts.NO_CHATS(language) in listed


async def test_slacks_modals_are_in_the_language_of_who_opens_them(office: Office) -> None:
    for person, language in ((office.anna, "de"), (office.bob, "en")):
        root = await office.asks(person, "help")
        await office.reads(root, "/chats")
        await office.slack.message_shortcut(person, office.channel, root, "rename_chat")
        renaming = await office.modal(person, texts.RENAME_CHAT(language))
        assert renaming["submit"]["text"] == texts.RENAME(language)
        assert renaming["close"]["text"] == texts.CANCEL(language)
        await office.slack.global_shortcut(person, "list_chats")
        await office.modal(person, texts.YOUR_CHATS(language))


async def test_slacks_home_tab_is_in_the_language_of_who_opens_it_before_they_have_written_a_word(
    office: Office,
) -> None:
    for person, language in ((office.anna, "de"), (office.bob, "en")):
        await office.slack.open_home(person)
        await office.slack.wait_for(lambda person=person: office.slack.home(person), timeout=PATIENCE)  # type: ignore[misc]  # the loop's person
        said = shown(office.slack.home(person))
        assert texts.NO_CHATS(language) in said
        assert texts.FOR_NEW_CHATS(language) in said


async def test_in_one_group_of_telegram_each_is_helped_in_their_language(group: Group) -> None:
    for person, language in ((group.anna, "de"), (group.bob, "en"), (group.caio, "pt")):
        await group.commands(person, "help")
        await group.reads(texts.HELP["telegram"](language).partition("\n")[0])


async def test_in_telegram_an_answers_buttons_and_notes_are_in_the_language_of_who_asked(group: Group) -> None:
    for person, language in ((group.anna, "de"), (group.bob, "en"), (group.caio, "pt")):
        group.rig.endpoint.fail(500)
        await group.asks(person, "Hello")
        await group.reads(UNREACHABLE(language), texts.RETRY(language))
        group.rig.endpoint.say(STORY, rate=40.0)
        await group.asks(person, "Tell me a long story")
        told = await group.reads("word word", texts.STOP(language))
        await group.telegram.press(person, group.chat, told.message_id, texts.STOP(language))
        stopped = await group.reads("word word", texts.RETRY(language))
        assert stopped.text.endswith(texts.STOPPED(language).strip("_"))


async def test_the_note_on_a_press_is_in_the_language_of_who_presses(group: Group) -> None:
    """Not in that of who asked: a stranger to a chat may not press its buttons, and is told so in their own words."""
    group.rig.endpoint.fail(500)
    await group.asks(group.anna, "Hello")
    answer = await group.reads(UNREACHABLE("de"), texts.RETRY("de"))
    for person, language in ((group.bob, "en"), (group.caio, "pt")):
        toast = await group.telegram.press(person, group.chat, answer.message_id, texts.RETRY("de"))
        assert toast is not None
        assert toast.text == texts.NOT_YOURS(language)


async def test_telegrams_menus_have_the_commands_in_each_language_and_english_for_everybody_else(group: Group) -> None:
    menus = group.telegram.account.profile.commands
    assert len(group.telegram.calls_of("setMyCommands")) == len(menus) == 2 * len(LANGUAGES)
    for scope, language in product(("all_private_chats", "all_group_chats"), LANGUAGES):
        said = {
            entry["command"]: entry["description"] for entry in menus[scope, "" if language == ENGLISH else language]
        }
        assert said == {name: words(language) for name, words in texts.COMMANDS.items()}
