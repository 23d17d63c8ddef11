"""The command line."""

import asyncio
import json
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import structlog
import uvloop

from bot.engine.errors import StorageUnavailable, ThreadlineError
from bot.engine.imports import Imported
from bot.engine.transcript import Transcript
from bot.service import doctor as doctors
from bot.service.importing import import_chat, read_files
from bot.service.logs import set_up_logs
from bot.service.manifest import manifest as slack_manifest
from bot.service.playground import is_configured
from bot.service.playground import play as play_until
from bot.service.service import Service
from bot.service.settings import Settings, SettingsError, load_settings
from bot.service.wiring import Models, open_models, open_service, open_worker
from storage import Database, back_up, open_database

log = structlog.get_logger()

CRASHED = "This is an error in Threadline; the log says where it arose."
NO_WORKERS_ON_SQLITE = (
    "Workers need a database that several processes can share: set DATABASE_URL to PostgreSQL. On SQLite "
    "`threadline run` is the one process, with its workers inside."
)
NO_PLATFORM = "There is no platform to answer on: set SLACK_BOT_TOKEN or TELEGRAM_BOT_TOKEN as for `threadline run`."


class Stop(click.ClickException):
    """Ends the program with one sentence and exit code 1."""

    def format_message(self) -> str:
        return self.message


def settings_or_stop() -> Settings:
    try:
        return load_settings()
    except SettingsError as error:
        raise Stop(str(error)) from error


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="threadline")
@click.pass_context
def main(context: click.Context) -> None:
    """Chats with a language model inside Slack threads and Telegram chats.

    Without a command it serves, like `threadline run`.
    """
    if context.invoked_subcommand is None:
        context.invoke(run)


@main.command()
def run() -> None:
    """Serve every platform whose credentials are set, until SIGTERM or Ctrl-C."""
    settings = settings_or_stop()
    if not is_configured(settings):
        play(settings)
        return
    set_up_logs(settings.log_level, settings.log_format)
    run_or_stop(lambda: serve(settings))


@main.command()
def playground() -> None:
    """Try the bot in the browser: Slack and Telegram are stand-ins, the model is a local one unless yours is set."""
    play(settings_or_stop())


def play(settings: Settings) -> None:
    set_up_logs("error", settings.log_format)
    run_or_stop(lambda: play_until_stopped(settings))


@main.command()
def worker() -> None:
    """Answer what `threadline run` takes in, and take nothing in (with PostgreSQL; as many as you like)."""
    settings = settings_or_stop()
    if not open_database(settings.database_url).on_postgres:
        raise Stop(NO_WORKERS_ON_SQLITE)
    if not is_configured(settings):
        raise Stop(NO_PLATFORM)
    set_up_logs(settings.log_level, settings.log_format)
    run_or_stop(lambda: serve(settings, open_worker))


@main.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    settings = settings_or_stop()
    set_up_logs(settings.log_level, settings.log_format)
    run_or_stop(lambda: migrate_database(settings))
    click.echo("The database has the newest schema.")


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite the file if it exists.")
def backup(file: Path, force: bool) -> None:
    """Copy the SQLite database into FILE, also while the service runs."""
    settings = settings_or_stop()
    set_up_logs(settings.log_level, settings.log_format)
    with signals_as_interrupts(), sentence_or_stop():
        size = back_up(open_database(settings.database_url), file, force)
    click.echo(f"The backup is in {file} ({size:,} bytes).")


@main.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--owner", help="The person whose chats they are to be, by the platform's id.")
@click.option("--platform", type=click.Choice(["slack", "telegram"]), help="The platform that they are to live on.")
@click.option("--workspace", help="The workspace there: Slack's team, or the number of Telegram's bot.")
@click.option("--channel", help="The channel or chat there, by its id.")
@click.option("--thread", help="The thread or topic there, by its id.")
def import_(files: tuple[Path, ...], owner: str | None, **place: str | None) -> None:
    """Read chats that were exported as JSON into the database, also while the service runs.

    They are for the places and people that the files name, unless options name others. If one of the files cannot be
    read, nothing is changed.
    """
    settings = settings_or_stop()
    set_up_logs(settings.log_level, settings.log_format)
    with sentence_or_stop():
        chats = read_files(files, owner, {part: name for part, name in place.items() if name is not None})
    run_or_stop(lambda: import_into_database(settings, files, chats))


@main.command()
def doctor() -> None:
    """Check settings, database, model and tokens; say what is wrong and how to mend it."""
    set_up_logs("error")
    findings = asyncio.run(doctors.examine())
    for finding in findings:
        click.echo(f"{'ok ' if finding.fine else 'BAD'}  {finding.what}: {finding.says}")
    if not all(finding.fine for finding in findings):
        sys.exit(1)


@main.command()
def manifest() -> None:
    """Print the Slack app manifest for these settings."""
    click.echo(json.dumps(slack_manifest(settings_or_stop()), indent=2, ensure_ascii=False))


async def serve(settings: Settings, join: Callable[[Settings, Database, Models], Service] = open_service) -> None:
    """Start everything that is joined and serve until a signal comes."""
    stop = stop_signal()
    database = open_database(settings.database_url)
    try:
        await use_newest_schema(database)
        models = await open_models(settings)
    except BaseException:
        await database.close()
        raise
    await join(settings, database, models).run(stop)


async def play_until_stopped(settings: Settings) -> None:
    await play_until(settings, stop_signal(), click.echo)


def stop_signal() -> asyncio.Event:
    """An event that SIGTERM and Ctrl-C set."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def migrate_database(settings: Settings) -> None:
    database = open_database(settings.database_url)
    try:
        await database.migrate()
    finally:
        await database.close()


async def import_into_database(settings: Settings, files: Sequence[Path], chats: Sequence[Transcript]) -> None:
    """Store the chats, and say of each what was done."""
    database = open_database(settings.database_url)
    try:
        await use_newest_schema(database)
        for file, chat in zip(files, chats, strict=True):
            imported = await import_chat(database, chat)
            click.echo(f"{file}: {what_was_done(imported, len(chat.questions))}")
    finally:
        await database.close()


def what_was_done(imported: Imported, questions: int) -> str:
    """One sentence about an imported chat."""
    chat = imported.chat
    title = f"“{chat.title}”" if chat.title else "a chat without a title"
    place = ", ".join(part for part in (chat.key.platform, chat.key.channel, chat.key.thread) if part)
    if not imported.fresh:
        return f"{title} is in {place} already, as chat {chat.id}; nothing was changed."
    how = "it gets the next message there" if chat.current else "another chat gets the next message there"
    count = "1 question" if questions == 1 else f"{questions:,} questions"
    return f"{title} is now chat {chat.id} in {place}, with {count}; {how}."


async def use_newest_schema(database: Database) -> None:
    """On SQLite bring it there; raises Stop where somebody has to."""
    if not database.on_postgres:
        await database.migrate()
    elif not await database.schema_is_current():
        raise Stop("The database has another schema than this version needs: run `threadline migrate`.")


def run_or_stop(program: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run until it ends; whatever is known to go wrong ends with one sentence, never with a traceback."""
    with sentence_or_stop():
        uvloop.run(program())


@contextmanager
def sentence_or_stop() -> Iterator[None]:
    """Turn every error that is known into the sentence that ends the program.

    One that is not goes into the log, which leaves out what it may quote; Python would print all of it.
    """
    try:
        yield
    except click.ClickException:
        raise
    except StorageUnavailable as error:
        log.debug("stopped_by_error", exc_info=True)
        raise Stop(f"The database cannot be used ({error}). {doctors.MEND_DATABASE}") from error
    except ThreadlineError as error:
        log.debug("stopped_by_error", exc_info=True)
        raise Stop(str(error)) from error
    except Exception as error:
        log.critical("crashed", exc_info=True)
        raise Stop(CRASHED) from error


@contextmanager
def signals_as_interrupts() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end what runs as Ctrl-C does, so that it cleans up; nohup stays nohup."""
    numbers = [n for n in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) == signal.SIG_DFL]
    for number in numbers:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


if __name__ == "__main__":
    main(prog_name="threadline")
