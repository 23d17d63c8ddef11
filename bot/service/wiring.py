"""The one place where everything is joined."""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import uuid4

from pydantic import SecretStr

from adapters import slack, telegram
from adapters.openai import OpenAIModel, count_tokens, load_encoding
from adapters.slack import SlackAdapter, SlackConfig
from adapters.telegram import TelegramAdapter, TelegramConfig, Tenure
from adapters.web import serve
from bot.engine.access import AccessList
from bot.engine.answering import Answering, Memory
from bot.engine.background import Background
from bot.engine.chats import ChatKey
from bot.engine.delivery import Delivery
from bot.engine.engine import Engine
from bot.engine.errors import StorageUnavailable
from bot.engine.outbox import Outbox
from bot.engine.pacing import Pacer
from bot.engine.ports import Clock, Meter, TurnQueue
from bot.engine.titles import Titler
from bot.engine.waiting import WaitingSigns
from bot.service.clock import SystemClock
from bot.service.local_model import LocalModel
from bot.service.metrics import PrometheusMeter
from bot.service.sending_only import SendingOnly
from bot.service.service import Adapter, Parts, Service
from bot.service.settings import LOCAL, Settings
from storage import Database, EmbeddedTurnQueue, KeptLedger, ProcrastinateTurnQueue, SharedLedger

PLACES: Mapping[str, Callable[[ChatKey], bool]] = {"slack": slack.is_place, "telegram": telegram.is_place}
"""What says, for each platform, whether there can be such a place."""


@dataclass(slots=True)
class Models:
    """The model that answers and the one that names chats; with them the local one, if that is used."""

    name: str
    answers: OpenAIModel
    titles: OpenAIModel
    local: LocalModel | None = None
    others: Mapping[str, OpenAIModel] = field(default_factory=dict)

    async def close(self) -> None:
        for model in (self.answers, *self.others.values()):
            await model.close()
        await self.titles.close()
        if self.local is not None:
            await self.local.close()


async def open_models(settings: Settings) -> Models:
    """Name the models; the local one is started. Raises LocalModelMissing where it is wanted and cannot run.

    The tokenizer is loaded here, in a thread: later it would hold up everybody for a third of a second.
    """
    await asyncio.to_thread(load_encoding)
    url, key = settings.openai_base_url, _secret(settings.openai_api_key)
    answers, titles = settings.openai_model, settings.title_model or settings.openai_model
    local = None
    if url == LOCAL:
        local = await LocalModel.start()
        url, key, answers, titles = local.base_url, None, local.model, local.model

    def model(name: str) -> OpenAIModel:
        return OpenAIModel(url, key, name, silence=settings.model_timeout)

    others = [] if local else [name for name in settings.models if name != answers]
    return Models(answers, model(answers), model(titles), local, {name: model(name) for name in others})


def open_adapters(
    settings: Settings, database: Database, clock: Clock, meter: Meter, pacer: Pacer | None = None
) -> dict[str, Adapter]:
    """One adapter for each platform whose credentials are set; what they call by themselves keeps that pace."""
    adapters: dict[str, Adapter] = {}
    if settings.slack_bot_token is not None:
        slack_config = SlackConfig(
            bot_token=settings.slack_bot_token.get_secret_value(),
            app_token=_secret(settings.slack_app_token),
            signing_secret=_secret(settings.slack_signing_secret),
            api_url=settings.slack_api_url,
            connections=settings.slack_connections,
            streaming=settings.slack_streaming,
        )
        adapters["slack"] = SlackAdapter(slack_config, clock, meter, pacer)
    if settings.telegram_bot_token is not None:
        telegram_config = TelegramConfig(
            token=settings.telegram_bot_token.get_secret_value(),
            api_url=settings.telegram_api_url,
            webhook_url=settings.telegram_webhook_url,
            webhook_secret=_secret(settings.telegram_webhook_secret),
            streaming=settings.telegram_streaming,
            rich=settings.telegram_rich == "on",
        )
        tenure = Tenure(name_of_this_process()) if database.on_postgres else None
        adapters["telegram"] = TelegramAdapter(telegram_config, database.storage, clock, meter, tenure, pacer)
    return adapters


def open_service(settings: Settings, database: Database, models: Models, clock: Clock | None = None) -> Service:
    """Join everything; nothing is connected before `Service.start`. The service closes database and models."""
    return _joined(settings, database, models, clock or SystemClock(), lambda adapter: adapter)


def open_worker(settings: Settings, database: Database, models: Models, clock: Clock | None = None) -> Service:
    """Join everything but intake: what others take in is answered here, too."""
    return _joined(settings, database, models, clock or SystemClock(), SendingOnly)


def _joined(
    settings: Settings,
    database: Database,
    models: Models,
    clock: Clock,
    used: Callable[[Adapter], Adapter],
) -> Service:
    background, meter = Background(), PrometheusMeter()
    ledger = open_ledger(database, clock)
    pacer = Pacer(ledger, clock)
    opened = open_adapters(settings, database, clock, meter, pacer)
    adapters = {name: used(adapter) for name, adapter in opened.items()}
    deliveries = {name: Delivery(adapter.messenger, pacer, clock) for name, adapter in adapters.items()}
    queue = open_queue(database, clock)
    outbox = Outbox(database.storage, deliveries, clock)
    titler = Titler(models.titles, database.storage, outbox, deliveries, clock, background)
    signs = WaitingSigns(database.storage, deliveries, background)
    memory = Memory(settings.instructions, settings.history_tokens, count_tokens)
    age = settings.answer_max_age
    storage, access = database.storage, access_lists(settings)
    answering = Answering(
        models.answers, titler, storage, deliveries, clock, meter, memory, outbox, signs, age, models.others
    )
    names = (models.name, *models.others)
    engine = Engine(storage, queue, deliveries, clock, background, outbox, signs, access, names)
    health = ServiceHealth(database, adapters, meter)

    async def close() -> None:
        await models.close()
        await ledger.aclose()
        await database.close()

    parts = Parts(
        engine=engine,
        answering=answering,
        titler=titler,
        queue=queue,
        background=background,
        outbox=outbox,
        adapters=adapters,
        clock=clock,
        serve_http=partial(serve, settings.host, settings.port, health=health),
        close=close,
    )
    return Service(parts, settings.drain_seconds)


def open_queue(database: Database, clock: Clock) -> TurnQueue:
    """The turn queue that the database can carry.

    On PostgreSQL it lives by the time as it is: its leases are measured against the server's clock.
    """
    if database.on_postgres:
        return ProcrastinateTurnQueue(database, SystemClock())
    return EmbeddedTurnQueue(database.storage, clock)


def open_ledger(database: Database, clock: Clock) -> KeptLedger | SharedLedger:
    """The ledger of all processes on the database; on PostgreSQL, too, by the time as it is."""
    if database.on_postgres:
        return SharedLedger(database, SystemClock(), name_of_this_process())
    return KeptLedger(database, clock)


def name_of_this_process() -> str:
    """One that no other process has, nor had; with what an operator needs to find it."""
    return f"{socket.gethostname()} {os.getpid()} {uuid4().hex[:8]}"


def access_lists(settings: Settings) -> dict[str, AccessList]:
    return {
        "slack": AccessList(settings.allowed_slack_users, settings.allowed_slack_channels),
        "telegram": AccessList(settings.allowed_telegram_users, settings.allowed_telegram_chats),
    }


class ServiceHealth:
    """Port Health of the HTTP server: the database and every platform."""

    def __init__(self, database: Database, adapters: Mapping[str, Adapter], meter: PrometheusMeter) -> None:
        self._database = database
        self._adapters = adapters
        self._meter = meter

    async def problems(self) -> Sequence[str]:
        found = [problem for adapter in self._adapters.values() if (problem := adapter.ready())]
        try:
            await self._database.check()
        except StorageUnavailable as error:
            found.append(f"Database: {error}")
        return found

    def remarks(self) -> Sequence[str]:
        return [remark for adapter in self._adapters.values() if (remark := adapter.remark())]

    def metrics(self) -> bytes:
        return self._meter.render()


def _secret(value: SecretStr | None) -> str | None:
    return None if value is None else value.get_secret_value()
