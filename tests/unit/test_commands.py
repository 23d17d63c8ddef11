"""What people type as commands, and what they press."""

import asyncio

import pytest

from bot.engine import texts
from bot.engine.chats import ChatKey, TitleSource
from bot.engine.errors import PlatformRefused, RateLimited
from bot.engine.incoming import Command, TitleChange
from bot.engine.posts import Action, Button, Post
from bot.engine.testing.model import last_question
from bot.engine.turns import TurnStatus
from tests.unit.world import ANN, BOB, EVE, HERE, World

THERE = ChatKey("memory", "w", "c", "2")
CHANNEL = ChatKey("memory", "w", "c")


@pytest.fixture(autouse=True)
def plain_titles(world: World) -> None:
    """Call every chat by its first question."""
    world.title_llm.when(lambda _: True, last_question)


async def ask(world: World, text: str = "question", key: ChatKey = HERE) -> None:
    await world.say(text, key=key)
    await world.quiet()


# new


async def test_new_sets_the_old_chat_aside_and_the_next_message_begins_another(world: World) -> None:
    await ask(world, "about tea")
    old = await world.chat()
    assert await world.command("new") == Post(texts.FRESH.english, place=HERE)
    await ask(world, "about coffee")
    new = await world.chat()
    assert old is not None
    assert new is not None
    assert new.id != old.id
    assert "about tea" not in [m.content for m in world.llm.prompts[-1]]


async def test_new_with_a_message_asks_it_at_once(world: World) -> None:
    assert await world.command("new", "about coffee") is None
    await world.quiet()
    assert world.texts(HERE) == ["You said: about coffee"]


async def test_new_twice_leaves_one_empty_chat(world: World) -> None:
    await ask(world)
    await world.command("new")
    first = await world.chat()
    await world.command("new")
    assert await world.chat() == first


async def test_new_opens_a_place_of_its_own_where_the_platform_has_such(world: World) -> None:
    world.messenger.opened = THERE
    await ask(world)
    assert await world.command("new") == Post(texts.FRESH.english, place=THERE)
    assert await world.chat(THERE) is not None
    assert await world.command("new", key=CHANNEL) == Post(texts.FRESH.english, place=THERE)
    assert await world.chat(CHANNEL) is None


async def test_new_where_the_platform_opens_no_place_now_begins_the_chat_here(world: World) -> None:
    world.messenger.opened = THERE
    world.messenger.fail("place", RateLimited(30))
    assert await world.command("new", key=CHANNEL) == Post(texts.FRESH.english, place=CHANNEL)
    assert await world.chat(CHANNEL) is not None


async def test_new_in_a_thread_without_a_chat_begins_it_there(world: World) -> None:
    world.messenger.opened = THERE
    assert await world.command("new", "tea") is None
    await world.quiet()
    assert world.texts(HERE) == ["You said: tea"]
    assert await world.chat(THERE) is None


async def test_a_post_for_another_place_is_shown_there(world: World) -> None:
    world.messenger.opened = THERE
    post = await world.command("new", key=CHANNEL)
    assert post is not None
    world.engine.show(HERE, post, "m1")
    await world.quiet()
    assert (world.texts(HERE), world.texts(THERE)) == ([], [texts.FRESH.english])


async def test_a_repeated_command_does_nothing(world: World) -> None:
    command = Command("same", "new", "hello", HERE, ANN)
    await world.engine.command(command)
    assert await world.engine.command(command) is None
    rename = Command("other", "rename", "Title", HERE, ANN)
    assert await world.engine.command(rename) is not None
    assert await world.engine.command(rename) is None
    await world.quiet()
    assert len(world.llm.prompts) == 1


# help and hints


@pytest.mark.parametrize("name", ["help", "start"])
async def test_help_says_what_one_can_do(world: World, name: str) -> None:
    assert await world.command(name) == Post(texts.HELP_ANYWHERE.english)
    slack = ChatKey("slack", "T", "C")
    assert await world.command(name, key=slack) == Post(texts.help_for("slack", ""))
    assert "`export`" in texts.help_for("slack", "")
    assert "`/export`" in texts.help_for("telegram", "")


async def test_an_unknown_command_gets_a_hint(world: World) -> None:
    post = await world.command("fly_me")
    assert post == Post(texts.UNKNOWN_COMMAND("", name=r"fly\_me"))


# chats


async def test_without_chats_the_list_says_so(world: World) -> None:
    assert await world.command("chats") == Post(texts.NO_CHATS.english)


async def test_opening_a_chat_makes_it_go_on(world: World) -> None:
    await ask(world, "about tea")
    old = await world.chat()
    await world.command("new", "about coffee")
    await world.quiet()
    assert old is not None
    reaction = await world.press(Button("", Action.OPEN, old.id))
    assert reaction.replace == Post(texts.OPENED("", title="about tea"))
    await ask(world, "more tea")
    assert [m.content for m in world.llm.prompts[-1]][1:] == ["about tea", "You said: about tea", "more tea"]


async def test_a_chat_that_lives_elsewhere_cannot_be_opened_here(world: World) -> None:
    await ask(world, key=THERE)
    chat = await world.chat(THERE)
    assert chat is not None
    assert (await world.press(Button("", Action.OPEN, chat.id))).note == texts.ELSEWHERE.english


# rename


async def test_a_rename_is_shown_on_the_platform_and_stays(world: World) -> None:
    await ask(world)
    assert await world.command("rename", "  Holiday\n plans ") == Post(texts.RENAMED("", title="Holiday plans"))
    await world.quiet()
    chat = await world.chat()
    assert chat is not None
    assert (chat.title, chat.title_source) == ("Holiday plans", TitleSource.PERSON)
    assert world.messenger.titles[HERE] == "Holiday plans"


async def test_a_rename_without_a_title_says_how(world: World) -> None:
    await ask(world)
    assert await world.command("rename", " \n ") == Post(texts.RENAME_HOW.english)


async def test_a_rename_where_no_chat_is_says_so(world: World) -> None:
    assert await world.command("rename", "Title") == Post(texts.NO_CHAT.english)


async def test_only_who_began_the_chat_or_wrote_in_it_may_change_it(world: World) -> None:
    await ask(world)
    for name in ("rename", "delete", "stop", "retry"):
        assert await world.command(name, "Title", EVE) == Post(texts.NOT_YOURS.english)
    await world.say("me too", BOB, addressed=False)
    await world.quiet()
    assert await world.command("rename", "Title", BOB) == Post(texts.RENAMED("", title="Title"))


async def test_a_command_that_cannot_name_its_chat_means_the_persons_only_one_near_by(world: World) -> None:
    await ask(world)
    await world.say("bobs", BOB, THERE)
    post = await world.command("rename", "Title", key=CHANNEL, private=True)
    assert post == Post(texts.RENAMED("", title="Title"))
    chat = await world.chat()
    assert chat is not None
    assert chat.title == "Title"


@pytest.mark.parametrize("name", ["rename", "delete"])
async def test_in_a_thread_without_a_chat_no_other_chat_is_meant(world: World, name: str) -> None:
    await ask(world)
    assert await world.command(name, "Title", key=THERE, private=True) == Post(texts.NO_CHAT.english)


async def test_where_several_chats_could_be_meant_the_person_chooses(world: World) -> None:
    await ask(world, "tea", HERE)
    await ask(world, "coffee", THERE)
    post = await world.command("rename", "New: title", key=CHANNEL, private=True)
    assert post is not None
    assert post.text == texts.WHICH_RENAME("", title="New: title")
    choice = post.rows[1][0]
    assert choice.label == "tea"
    await world.press(choice, key=CHANNEL)
    chat = await world.chat(HERE)
    assert chat is not None
    assert chat.title == "New: title"

    post = await world.command("delete", key=CHANNEL, private=True)
    assert post is not None
    assert post.text == texts.WHICH_DELETE.english
    asked = (await world.press(post.rows[0][0], key=CHANNEL)).replace
    assert asked is not None
    assert [b.label for b in asked.rows[0]] == [texts.DELETE.english, texts.KEEP.english]


# delete


async def test_deleting_asks_first_and_then_everything_of_ours_is_gone(world: World) -> None:
    await ask(world)
    question = await world.command("delete")
    assert question is not None
    world.engine.show(HERE, question)
    await world.quiet()
    assert len(world.messenger.posts) == 2
    pressed = list(world.messenger.posts)[-1]
    reaction = await world.press(world.button(texts.DELETE.english), on=pressed)
    await world.quiet()
    assert reaction.replace == Post(texts.DELETED("", title="question"))
    assert list(world.messenger.posts) == [pressed]
    assert await world.chat() is None


async def test_keeping_changes_nothing(world: World) -> None:
    await ask(world)
    chat = await world.chat()
    assert chat is not None
    assert (await world.press(Button("", Action.KEEP, chat.id))).replace == Post(texts.KEPT.english)
    assert await world.chat() == chat


async def test_deleting_a_chat_that_is_being_answered_stops_the_model_and_leaves_nothing(world: World) -> None:
    answer = world.llm.say("Some words that are long enough", "more", pause_after=1)
    await world.say("question")
    await answer.paused.wait()
    await world.clock.advance(1)
    chat = await world.chat()
    assert chat is not None
    await world.press(Button("", Action.DELETE, chat.id))
    await world.quiet()
    assert answer.closed.is_set()
    assert world.messenger.posts == {}


async def test_one_post_that_the_platform_keeps_does_not_save_the_others(world: World) -> None:
    for _ in range(3):
        await ask(world)
    world.messenger.fail("delete", PlatformRefused("cant_delete_message"))
    await world.press(Button("", Action.DELETE, 1))
    await world.quiet()
    assert len(world.messenger.posts) == 1


async def test_after_a_delete_the_next_message_begins_afresh(world: World) -> None:
    await ask(world, "secret")
    chat = await world.chat()
    assert chat is not None
    await world.press(Button("", Action.DELETE, chat.id))
    await ask(world, "what did I say?")
    assert "secret" not in str(world.llm.prompts[-1])


# stop and retry


async def test_stop_ends_the_answer_keeps_the_text_and_marks_it(world: World) -> None:
    answer = world.llm.say("Some words that are long enough", "more", pause_after=1)
    await world.say("question")
    await answer.paused.wait()
    await world.clock.advance(1)
    await world.press(world.button(texts.STOP.english))
    await world.quiet()
    assert answer.closed.is_set()
    assert world.texts(HERE) == [f"Some words that are long enough\n\n{texts.STOPPED.english}"]
    assert [b.label for b in world.messenger.buttons(HERE)] == [texts.RETRY.english]
    assert (await world.last_turn()).status is TurnStatus.CANCELLED


async def test_the_stop_button_of_an_answer_that_has_ended_does_not_stop_the_next_one(world: World) -> None:
    await ask(world)
    old = Button("", Action.STOP, (await world.last_turn()).id)
    answer = world.llm.say("Some words", " and more", pause_after=1)
    await world.say("question")
    await answer.paused.wait()
    assert (await world.press(old)).note == texts.OUTDATED.english
    answer.go.set()
    await world.quiet()
    assert world.texts(HERE)[-1] == "Some words and more"


async def test_the_platforms_own_stop_does_the_same(world: World) -> None:
    answer = world.llm.say("Some words", "more", pause_after=1)
    await world.say("question")
    await answer.paused.wait()
    await world.engine.stop(HERE)
    await world.engine.stop(THERE)
    await world.quiet()
    assert (await world.last_turn()).status is TurnStatus.CANCELLED


async def test_the_platforms_own_stop_that_is_delivered_again_does_not_stop_the_next_answer(world: World) -> None:
    for status in (TurnStatus.CANCELLED, TurnStatus.DONE):
        answer = world.llm.say("Some words", "more", pause_after=1)
        await world.say("question")
        await answer.paused.wait()
        await world.engine.stop(HERE, "stopped 1")
        await world.settle()
        answer.go.set()
        await world.quiet()
        assert (await world.last_turn()).status is status


async def test_stop_while_nothing_runs_says_so(world: World) -> None:
    assert await world.command("stop") == Post(texts.NO_CHAT.english)
    await ask(world)
    assert await world.command("stop") == Post(texts.NOTHING_RUNS.english)


async def test_after_a_stop_the_next_question_is_answered(world: World) -> None:
    answer = world.llm.say("Some words", "more", pause_after=1)
    world.llm.say("second answer")
    await world.say("first")
    await answer.paused.wait()
    await world.say("second")
    assert await world.command("stop") is None
    await world.quiet()
    assert world.texts(HERE)[-1] == "second answer"


async def test_retry_writes_the_answer_anew_in_its_place(world: World) -> None:
    world.llm.say("bad answer")
    world.llm.say("good answer")
    await ask(world)
    assert await world.command("retry") is None
    await world.quiet()
    assert world.texts(HERE) == ["good answer"]
    assert world.messenger.count("send") == 1
    await ask(world, "next")
    assert [m.content for m in world.llm.prompts[-1]][1:] == ["question", "good answer", "next"]


async def test_the_retry_button_asks_again(world: World) -> None:
    answer = world.llm.say("Some words that are long enough", "more", pause_after=1)
    world.llm.say("the whole answer")
    await world.say("question")
    await answer.paused.wait()
    await world.command("stop")
    await world.quiet()
    await world.press(world.button(texts.RETRY.english))
    await world.quiet()
    assert world.texts(HERE) == ["the whole answer"]
    assert [b.label for b in world.messenger.buttons(HERE)] == ["‹", "2/2", "›", texts.ASK_AGAIN.english]


async def test_a_button_pressed_twice_by_the_platforms_repeat_acts_once(world: World) -> None:
    await ask(world)
    turn = await world.last_turn()
    retry = Button("", Action.RETRY, turn.id)
    await world.press(retry, on=turn.replies[0], event="same")
    await world.quiet()
    await world.press(retry, on=turn.replies[0], event="same")
    await world.quiet()
    assert len(world.llm.prompts) == 2


async def test_only_the_newest_ended_question_can_be_asked_again(world: World) -> None:
    assert await world.command("retry") == Post(texts.NO_CHAT.english)
    await world.command("new")
    assert await world.command("retry") == Post(texts.NOTHING_ASKED.english)
    await ask(world, "first")
    first = await world.last_turn()
    answer = world.llm.say("second", pause_after=0)
    await world.say("second")
    await answer.paused.wait()
    old = await world.press(Button("", Action.RETRY, first.id), on=first.replies[0])
    assert old.note == texts.ONLY_LAST.english
    assert await world.command("retry") == Post(texts.STILL_RUNS.english)
    answer.go.set()


# buttons of others


@pytest.mark.parametrize("data", ["", "burn:1", "stop:999", "delete:999", "open:x"])
async def test_a_button_with_foreign_data_leads_to_a_note_and_changes_nothing(world: World, data: str) -> None:
    await ask(world)
    assert (await world.press(data)).note == texts.OUTDATED.english
    assert await world.chat() is not None


@pytest.mark.parametrize(
    "action", [Action.STOP, Action.RETRY, Action.DELETE, Action.ASK_DELETE, Action.OPEN, Action.RENAME, Action.KEEP]
)
async def test_a_button_pressed_by_someone_who_may_not_changes_nothing(world: World, action: Action) -> None:
    await ask(world)
    before = await world.chat()
    assert before is not None
    target = (await world.last_turn()).id if action in (Action.STOP, Action.RETRY) else before.id
    assert (await world.press(Button("", action, target, "x"), EVE)).note == texts.NOT_YOURS.english
    assert await world.chat() == before


async def test_a_button_from_another_workspace_is_foreign(world: World) -> None:
    await ask(world)
    chat = await world.chat()
    assert chat is not None
    other = ChatKey("memory", "other", "c", "1")
    assert (await world.press(Button("", Action.DELETE, chat.id), key=other)).note == texts.OUTDATED.english


# titles given by the platform


async def test_a_title_given_on_the_platform_is_taken_over_and_not_sent_back(world: World) -> None:
    await ask(world)
    shown = dict(world.messenger.titles)
    change = TitleChange("t1", HERE, "Their title")
    await world.engine.title_changed(change)
    await world.quiet()
    chat = await world.chat()
    assert chat is not None
    assert (chat.title, chat.title_source) == ("Their title", TitleSource.PLATFORM)
    assert world.messenger.titles == shown


async def test_our_own_title_coming_back_changes_nothing(world: World) -> None:
    await ask(world)
    before = await world.chat()
    assert before is not None
    assert before.title is not None
    await world.engine.title_changed(TitleChange("t1", HERE, before.title))
    assert await world.chat() == before


async def test_a_title_for_a_place_without_a_chat_is_nothing(world: World) -> None:
    await world.engine.title_changed(TitleChange("t1", HERE, "Their title"))
    assert await world.chat() is None


async def test_a_rename_button_without_a_title_says_how_it_is_done(world: World) -> None:
    await ask(world)
    assert (await world.press("rename:1:\u200b")).note == texts.RENAME_HOW.english


async def test_a_repeated_new_opens_no_second_chat(world: World) -> None:
    for _ in range(2):
        await world.engine.command(Command("e-new", "new", "question", HERE, ANN))
        await world.quiet()
    assert len(world.llm.prompts) == 1


async def test_a_new_that_is_repeated_while_its_place_is_opened_is_done_once(world: World) -> None:
    command = Command("e-new", "new", "question", HERE, ANN)
    await asyncio.gather(world.engine.command(command), world.engine.command(command))
    await world.quiet()
    assert len(world.llm.prompts) == 1
