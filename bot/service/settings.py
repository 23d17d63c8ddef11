"""Every setting, from the environment and the file `.env`. `python -m bot.service.settings` prints their page."""

import os
import re
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.engine.errors import ThreadlineError
from bot.service import setting_types as types
from bot.service.logs import scrub
from bot.service.setting_types import A_URL, AnyCase, read_as, setting
from storage import open_database

LOCAL = "local"
"""The OPENAI_BASE_URL that means the model that comes with the package."""

HISTORY_TOKENS = 6000
LOCAL_HISTORY_TOKENS = 1200
"""The local model has room for 2,048 tokens, instructions, question and answer included."""

SYSTEM_PROMPT = (
    "You are Threadline, a helpful assistant in a chat. Answer in the language of the question, to the point, and use "
    "Markdown where it helps. If you do not know something, say so. Where several people talk, their messages begin "
    "with their names; do not begin yours with one."
)
LOCAL_SYSTEM_PROMPT = "You are a helpful assistant."
"""So small a model takes every further instruction for the question."""
TELEGRAM_API = "https://api.telegram.org"
ENV_FILE = Path(".env")


class SettingsError(ThreadlineError):
    """A setting is wrong; the text is one sentence that names it, what was given and what is allowed."""


class Settings(BaseSettings):
    """The settings, read once at the start and never changed. An empty value counts as not set."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True)

    openai_api_key: types.Key | None = setting(
        None, "the key as the provider shows it", "The key for the model's server; local servers mostly need none."
    )
    openai_base_url: types.ModelAddress | None = setting(
        None,
        f"`{LOCAL}`, or {A_URL} and ends before /chat/completions",
        "The model's server, any that speaks chat completions: OpenAI (where this is not set), vLLM, Ollama, LiteLLM, "
        f"llama.cpp. `{LOCAL}` is the small model that comes with the package: good for a try, no useful assistant.",
    )
    openai_model: str = setting("gpt-6-luna", "the name of a model", "The model that answers.")
    models: types.Names = setting(
        (), "names of models, separated by commas", "Further models, which people may choose for their chats."
    )
    title_model: str | None = setting(
        None, "the name of a model", "The model that writes titles; where it is not set, the one that answers."
    )
    model_timeout: float = setting(
        60,
        "seconds, more than 0 and at most 3600",
        "How long the model may be silent, before its first word or between two.",
        gt=0,
        le=3600,
    )
    system_prompt: str = setting(SYSTEM_PROMPT, "a text", "The instructions given to the model before every chat.")
    history_tokens_given: int | None = setting(
        None,
        "a whole number from 100 to 1000000",
        f"How many tokens of earlier messages the model is given; where it is not set {HISTORY_TOKENS}, with the local "
        f"model {LOCAL_HISTORY_TOKENS}.",
        ge=100,
        le=1_000_000,
        validation_alias=read_as("HISTORY_TOKENS"),
    )
    database_url: types.DatabaseAddress = setting(
        "sqlite:///threadline.db",
        "sqlite:///file.db or postgresql://user:password@host/name",
        "Where chats are kept; the driver is chosen for you. `SQLITE_URL` is read where this is not set.",
        repr=False,
        validation_alias=read_as("DATABASE_URL", "SQLITE_URL"),
    )
    slack_bot_token: types.SlackBotToken | None = setting(
        None, "the Bot User OAuth Token, which begins with xoxb-", "Slack's bot token, from *OAuth & Permissions*."
    )
    slack_app_token: types.SlackAppToken | None = setting(
        None,
        "an App-Level Token, which begins with xapp-",
        "Slack's app-level token with `connections:write`: with it events come over Socket Mode, and no public address "
        "is needed.",
    )
    slack_connections: int = setting(
        2,
        "a whole number from 1 to 10",
        "Socket Mode connections of this process: with two, one that Slack closes leaves no gap. Slack lets an app "
        "have 10 in all.",
        ge=1,
        le=10,
    )
    slack_signing_secret: types.Key | None = setting(
        None,
        "the Signing Secret as Slack shows it",
        "Without an app token, events, commands and interactions come signed with this to `POST /slack/events`.",
    )
    slack_api_url: types.Folder = setting("https://slack.com/api/", A_URL, "Where Slack's Web API is.")
    slack_streaming: Annotated[Literal["auto", "native", "edit"], AnyCase] = setting(
        "auto",
        "auto, native or edit",
        "How an answer grows in Slack: `native` as Slack's own stream in every thread (in a channel only the asker "
        "sees it before its end), `edit` by edits of the message, `auto` as a stream in the app's Messages tab and by "
        "edits in channels, where others read along.",
    )
    telegram_bot_token: types.TelegramToken | None = setting(
        None, "the token from @BotFather: digits, a colon, letters and digits", "Telegram's bot token."
    )
    telegram_api_url: types.Address = setting(TELEGRAM_API, A_URL, "Where Telegram's Bot API is.")
    telegram_webhook_url: types.Address | None = setting(
        None,
        A_URL,
        "The public https:// address at which Telegram finds this service: with it updates come to "
        "`POST /telegram/webhook`, without it they are polled.",
    )
    telegram_webhook_secret: types.WebhookSecret | None = setting(
        None,
        "1 to 256 letters, digits, _ and -",
        "What Telegram must send with each webhook call, so that nobody else can; choose a long random one.",
    )
    telegram_streaming: Annotated[Literal["auto", "draft", "edit"], AnyCase] = setting(
        "auto",
        "auto, draft or edit",
        "How an answer grows in Telegram: `draft`, and `auto` as well, as a draft with Telegram's own Stop in private "
        "chats, and by edits in groups, which have no drafts; `edit` by edits of the message everywhere.",
    )
    telegram_rich: Annotated[Literal["off", "on"], AnyCase] = setting(
        "off",
        "off or on",
        "Whether a finished answer with tables, headings or formulas is sent as one of Telegram's rich messages, which "
        "show them. Clients that are not up to date show such a message badly or not at all.",
    )
    allowed_slack_users: types.SlackUsers = setting(
        frozenset(), "user ids such as U012ABCDEF, separated by commas", "Who may use the bot in Slack."
    )
    allowed_slack_channels: types.SlackChannels = setting(
        frozenset(), "channel ids such as C012ABCDEF, separated by commas", "Where the bot may be used in Slack."
    )
    allowed_telegram_users: types.TelegramUsers = setting(
        frozenset(), "numeric user ids, separated by commas", "Who may use the bot in Telegram."
    )
    allowed_telegram_chats: types.TelegramChats = setting(
        frozenset(),
        "numeric chat ids, separated by commas (those of groups are negative)",
        "Where the bot may be used in Telegram.",
    )
    host: types.HostName = setting("127.0.0.1", "a name or an address", "Where the HTTP server listens.")
    port: int = setting(8000, "a port from 0 to 65535 (0: a free one)", "Its port.", ge=0, le=65535)
    public_url: types.Address | None = setting(
        None,
        A_URL,
        "Where Slack reaches the HTTP server from outside; `threadline manifest` writes it into the manifest.",
    )
    drain_seconds: float = setting(
        20, "seconds from 0 to 3600", "How long running answers may go on after SIGTERM.", ge=0, le=3600
    )
    answer_max_age: float = setting(
        900,
        "seconds, more than 0 and at most 86400",
        "How old a question may be when its turn comes; an older one gets an apology and a Retry button.",
        gt=0,
        le=86_400,
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], AnyCase] = setting(
        "info", "debug, info, warning or error", "The least that is logged."
    )
    log_format: Annotated[Literal["text", "json"], AnyCase] = setting(
        "text", "text or json", "Lines for people or for machines."
    )

    @property
    def instructions(self) -> str:
        """What the model is told before every chat."""
        untouched = self.system_prompt == SYSTEM_PROMPT
        return LOCAL_SYSTEM_PROMPT if untouched and self.openai_base_url == LOCAL else self.system_prompt

    @property
    def history_tokens(self) -> int:
        """Tokens of earlier messages that the model is given."""
        if self.history_tokens_given is not None:
            return self.history_tokens_given
        return LOCAL_HISTORY_TOKENS if self.openai_base_url == LOCAL else HISTORY_TOKENS


def load_settings(env_file: Path | None = ENV_FILE) -> Settings:
    """Read the environment and, below it, the file. Raises SettingsError for the first thing that is wrong."""
    try:
        settings = Settings(_env_file=env_file)  # type: ignore[call-arg]  # only pydantic's mypy plugin knows it
    except ValidationError as error:
        raise SettingsError(sentence(error)) from None  # pydantic's own text shows what was given, secrets too
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The file {env_file} cannot be read ({type(error).__name__}).") from None
    if problem := half_configured(settings) or _no_database(settings):
        raise SettingsError(problem)
    return settings


def half_configured(settings: Settings) -> str | None:
    """What is missing beside what is set, as a sentence."""
    return _half_slack(settings) or _half_telegram(settings) or _no_model(settings)


def _half_slack(settings: Settings) -> str | None:
    ways = {"SLACK_APP_TOKEN": settings.slack_app_token, "SLACK_SIGNING_SECRET": settings.slack_signing_secret}
    given = [name for name, value in ways.items() if value is not None]
    if settings.slack_bot_token is None and given:
        return f"{given[0]} is set, but SLACK_BOT_TOKEN is not: set both or neither."
    if settings.slack_bot_token is not None and not given:
        return "SLACK_BOT_TOKEN needs SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP) beside it."
    return None


def _half_telegram(settings: Settings) -> str | None:
    url = settings.telegram_webhook_url
    if url is None:
        return None
    if settings.telegram_bot_token is None:
        return "TELEGRAM_WEBHOOK_URL is set, but TELEGRAM_BOT_TOKEN is not: set both or neither."
    if settings.telegram_webhook_secret is None:
        return "TELEGRAM_WEBHOOK_URL needs TELEGRAM_WEBHOOK_SECRET beside it: 1 to 256 letters, digits, _ and -."
    if settings.telegram_api_url == TELEGRAM_API and not url.startswith("https://"):
        return f"TELEGRAM_WEBHOOK_URL is '{shown(url)}', but Telegram calls only addresses that begin with https://."
    return None


def _no_model(settings: Settings) -> str | None:
    platform = settings.slack_bot_token is not None or settings.telegram_bot_token is not None
    if platform and settings.openai_api_key is None and settings.openai_base_url is None:
        return f"OPENAI_API_KEY is not set: give a key, or set OPENAI_BASE_URL to another server or to `{LOCAL}`."
    return None


def _no_database(settings: Settings) -> str | None:
    read, _ = _read("database_url")
    try:
        open_database(settings.database_url)  # nothing is connected
    except ValueError as error:
        return f"{read} is '{shown(settings.database_url)}', but {error}."
    return None


def sentence(error: ValidationError) -> str:
    """The first thing that is wrong, in one sentence without a secret."""
    first = error.errors(include_url=False)[0]
    read, field = _read(str(first["loc"][0]))
    if is_secret(field):
        return f"{read} is not valid (what is set is not shown): it must be {field.title}."
    return f"{read} is '{shown(first['input'])}', but must be {field.title}."


def shown(given: Any) -> str:
    """What was given, short enough for a sentence, without passwords of URLs and anything that looks like a token."""
    text = ",".join(map(str, given)) if isinstance(given, list | tuple | frozenset) else str(given)
    text = scrub(re.sub(r"\?.*", "?…", re.sub(r"(?<=://)[^/\s]*(?=@)", "…", text)))
    return text if len(text) <= 80 else text[:79] + "…"


def names(name: str, field: FieldInfo) -> list[str]:
    """The names that a field is read under, the best one first."""
    alias = field.validation_alias
    return [str(choice) for choice in getattr(alias, "choices", [])] or [name.upper()]


def is_secret(field: FieldInfo) -> bool:
    return SecretStr.__name__ in str(field.annotation)


def _read(location: str) -> tuple[str, FieldInfo]:
    """The name under which a value was read that pydantic locates by field or first alias, and its field."""
    fields = Settings.model_fields.items()
    name, field = next((n, f) for n, f in fields if location.upper() in (n.upper(), *names(n, f)))
    return next((read for read in names(name, field) if os.environ.get(read)), names(name, field)[0]), field


PAGE = """\
# Settings

Environment variables, or lines `NAME=value` in a file `.env` in the folder you start from; the environment wins. An
empty value counts as not set. A wrong one stops the start with one sentence that says what is allowed. This page is
made from the code: `python -m bot.service.settings > docs/settings.md`.

| name | default | allowed | what it does |
|---|---|---|---|
"""


def page() -> str:
    """The page of all settings, as Markdown."""
    return PAGE + "".join(_row(name, field) for name, field in Settings.model_fields.items())


def _row(name: str, field: FieldInfo) -> str:
    return f"| `{names(name, field)[0]}` | {_default(name, field)} | {field.title} | {field.description} |\n"


def _default(name: str, field: FieldInfo) -> str:
    if name.startswith("allowed_"):
        return "everyone" if name.endswith("_users") else "everywhere"
    if field.default in (None, ()):
        return "–"
    return "a sensible one" if field.default == SYSTEM_PROMPT else f"`{field.default}`"


if __name__ == "__main__":
    sys.stdout.write(page())
