"""Exported chats on their way back into the database."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bot.engine import chat_file
from bot.engine.chat_file import UnreadableFile
from bot.engine.errors import ThreadlineError
from bot.engine.imports import Imported, bring_in
from bot.engine.transcript import Transcript
from bot.service.wiring import PLACES
from storage import Database


class ImportRefused(ThreadlineError):
    """Nothing was imported, for a reason that the sentence says."""


def read_files(files: Sequence[Path], owner: str | None, place: Mapping[str, str]) -> list[Transcript]:
    """The chats in these files, for this owner and with these parts of their places where such are given.

    Raises ImportRefused where one of them cannot be read, or its place is none.
    """
    return [_moved(file, _read(file), owner, place) for file in files]


async def import_chat(database: Database, chat: Transcript) -> Imported:
    """Store it, in one transaction."""
    async with database.storage() as work:
        imported = await bring_in(work, chat)
        await work.commit()
    return imported


def _moved(file: Path, chat: Transcript, owner: str | None, place: Mapping[str, str]) -> Transcript:
    moved = replace(chat, owner=owner or chat.owner, place=replace(chat.place, **place))
    where = moved.place
    is_place = PLACES.get(where.platform)
    if is_place is None or not is_place(where):
        said = ", ".join(part for part in (where.platform, where.workspace, where.channel, where.thread) if part)
        raise ImportRefused(
            f"{file} cannot be imported: there can be no place called {said}. See --platform and others."
        )
    return moved


def _read(file: Path) -> Transcript:
    try:
        return chat_file.read(file.read_bytes())
    except OSError as error:
        raise ImportRefused(f"{file} cannot be read: {error.strerror or type(error).__name__}.") from error
    except UnreadableFile as error:
        raise ImportRefused(f"{file} cannot be imported. {error}") from error
