"""What is wrong with an installation, and how to mend it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.engine.errors import ThreadlineError
from bot.service.clock import SystemClock
from bot.service.metrics import PrometheusMeter
from bot.service.settings import Settings, SettingsError, load_settings
from bot.service.wiring import open_adapters, open_models
from storage import Database, open_database

PATIENCE = 30.0
"""Seconds for one check."""

MEND_MODEL = "Check OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL; OPENAI_BASE_URL=local needs no network."
MEND_DATABASE = "Check DATABASE_URL, and that the server runs and lets this user in."


@dataclass(frozen=True, slots=True)
class Finding:
    """The state of one thing; `says` is a sentence, with the remedy where it is not fine."""

    what: str
    fine: bool
    says: str


async def examine() -> list[Finding]:
    """Check settings, database, model endpoint and every configured platform."""
    try:
        settings = load_settings()
    except SettingsError as error:
        return [Finding("settings", False, str(error))]
    database = open_database(settings.database_url)
    try:
        return [
            Finding("settings", True, "readable."),
            *await _checked("database", lambda: _database(database), "reachable.", MEND_DATABASE),
            *await _checked("model", lambda: _model(settings), "the endpoint answers.", MEND_MODEL),
            *await _platforms(settings, database),
        ]
    finally:
        await database.close()


async def _checked(what: str, check: Callable[[], Awaitable[list[str]]], fine: str, remedy: str = "") -> list[Finding]:
    try:
        async with asyncio.timeout(PATIENCE):
            problems = await check()
    except TimeoutError:
        problems = [f"no answer within {PATIENCE:.0f} s."]
    except ThreadlineError as error:
        problems = [str(error)]
    return [Finding(what, False, f"{problem.rstrip('.')}. {remedy}".strip()) for problem in problems] or [
        Finding(what, True, fine)
    ]


async def _database(database: Database) -> list[str]:
    await database.check()
    current = await database.schema_is_current()
    return [] if current or not database.on_postgres else ["old schema: run `threadline migrate`."]


async def _model(settings: Settings) -> list[str]:
    models = await open_models(settings)
    try:
        await models.answers.check()
    finally:
        await models.close()
    return []


async def _platforms(settings: Settings, database: Database) -> list[Finding]:
    adapters = open_adapters(settings, database, SystemClock(), PrometheusMeter())
    findings = []
    for name, adapter in adapters.items():
        try:
            findings += await _checked(name, adapter.check, "token and permissions are in order.")
        finally:
            await adapter.close()
    return findings or [Finding("platforms", False, "none is configured; README.md says how to.")]
