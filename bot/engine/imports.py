"""Chats that come back from a file."""

from dataclasses import dataclass, replace

from bot.engine.chats import Chat, ChatFilter, Message, Role
from bot.engine.ports import UnitOfWork
from bot.engine.transcript import PastAnswer, PastQuestion, Transcript, transcript_of
from bot.engine.turns import Turn, TurnStatus

ANY = 1_000_000


@dataclass(frozen=True, slots=True)
class Imported:
    """The chat as it is stored now; not `fresh` where it was there already, and nothing was changed."""

    chat: Chat
    fresh: bool


async def bring_in(work: UnitOfWork, transcript: Transcript) -> Imported:
    """Store the chat in the place and for the person that it names, as one of several there.

    It gets new messages only where no other chat does. One that is there already, with all that the file holds, stays
    as it is, whatever was said in it since.
    """
    known = await _known(work, transcript)
    if known is not None:
        return Imported(known, fresh=False)
    current = await work.chats.current(transcript.place)
    chat = await work.chats.add(transcript.place, transcript.owner, transcript.created_at)
    if current is not None:
        await work.chats.make_current(current.id)
    if transcript.title is not None and transcript.title_source is not None:
        await work.chats.rename(chat.id, transcript.title, transcript.title_source)
    for question in transcript.questions:
        await _put_back(work, chat, question)
    stored = await work.chats.get(chat.id)
    return Imported(stored or chat, fresh=True)


async def _known(work: UnitOfWork, transcript: Transcript) -> Chat | None:
    """The chat of this person that began here in the same moment and has all that was said in this one."""
    here = ChatFilter(transcript.place, transcript.owner, everywhere=False)
    near = [entry for away in (False, True) for entry in await work.chats.list_of(replace(here, archived=away), ANY)]
    for chat in (entry.chat for entry in near):
        if chat.key == transcript.place and chat.created_at == transcript.created_at:
            there = transcript_of(chat, await work.turns.all_of(chat.id)).questions
            if len(there) >= len(transcript.questions) and all(map(_has, there, transcript.questions)):
                return chat
    return None


def _has(there: PastQuestion, question: PastQuestion) -> bool:
    """Whether it is the same question, with all its answers and perhaps more."""
    return replace(there, answers=()) == replace(question, answers=()) and _said(there) >= _said(question)


def _said(question: PastQuestion) -> set[object]:
    return {(answer.text, answer.asked_at) for answer in question.answers if answer.text}


async def _put_back(work: UnitOfWork, chat: Chat, question: PastQuestion) -> None:
    """Each answer replaces the one before; which of them stands is another matter."""
    asked = Message(0, chat.id, Role.USER, question.text, question.asked_at, question.author, question.source)
    replaces: int | None = None
    for answer in question.answers:
        turn = await work.turns.put_back(_turn(chat, asked, answer, replaces))
        asked, replaces = turn.question, turn.id


def _turn(chat: Chat, asked: Message, answer: PastAnswer, replaces: int | None) -> Turn:
    """The ended turn; one that nobody had answered yet is cancelled, for nobody waits for it any more."""
    said = None
    if answer.text:
        said = Message(0, chat.id, Role.ASSISTANT, answer.text, answer.answered_at or answer.asked_at)
    status = answer.status if answer.status.ended else TurnStatus.CANCELLED
    past = Turn(0, chat.id, asked, said, status, (), replaces, answer.failure, True, answer.asked_at)
    return replace(past, standing=answer.stands)
