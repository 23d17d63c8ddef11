"""The settings: what is read from where, and the one sentence that a wrong one gets."""

import os
import runpy
from pathlib import Path

import pytest

from bot.service.settings import LOCAL_SYSTEM_PROMPT, SYSTEM_PROMPT, Settings, SettingsError, load_settings, names, page

BOT, APP, SIGNING = "xoxb-1-abcdef", "xapp-1-abcdef", "0123456789abcdef"
TELEGRAM = "123456:ABC-def_ghi"
SECRET_NAMES = (
    "OPENAI_API_KEY",
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET",
    "TELEGRAM_BOT_TOKEN",
    "TELEGRAM_WEBHOOK_SECRET",
)


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, field in Settings.model_fields.items():
        for read in names(name, field):
            monkeypatch.delenv(read, raising=False)
    monkeypatch.chdir(tmp_path)


def load(**values: str) -> Settings:
    """What these variables lead to, with nothing else set."""
    os.environ.update(values)  # taken back by the fixture: every name is one that it removed
    try:
        return load_settings()
    finally:
        for name in values:
            del os.environ[name]


def refused(**values: str) -> str:
    """The sentence that these variables get."""
    with pytest.raises(SettingsError) as caught:
        load(**values)
    said = str(caught.value)
    assert said.endswith(".")
    assert "\n" not in said
    assert caught.value.__cause__ is None
    return said


# -- what is read from where


def test_nothing_set_means_the_defaults() -> None:
    settings = load()
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.database_url == "sqlite:///threadline.db"
    assert (settings.telegram_api_url, settings.slack_api_url) == (
        "https://api.telegram.org",
        "https://slack.com/api/",
    )
    assert (settings.log_level, settings.log_format) == ("info", "text")
    assert (settings.slack_streaming, settings.telegram_streaming) == ("auto", "auto")
    assert (settings.model_timeout, settings.drain_seconds) == (60, 20)
    assert settings.slack_bot_token is None
    assert settings.allowed_slack_users == frozenset()


def test_the_file_is_read_below_the_environment(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text('PORT=9000\nHOST="0.0.0.0"\nSOMEBODY_ELSES=1\n', encoding="utf-8")
    settings = load(PORT="9001")
    assert (settings.host, settings.port) == ("0.0.0.0", 9001)  # noqa: S104 - only read


def test_an_empty_value_counts_as_not_set() -> None:
    assert load(PORT="", SLACK_BOT_TOKEN="", DATABASE_URL="").port == 8000


def test_sqlite_url_is_read_where_database_url_is_not_set() -> None:
    assert load(SQLITE_URL="sqlite:///a.db").database_url == "sqlite:///a.db"
    assert load(SQLITE_URL="sqlite:///a.db", DATABASE_URL="sqlite:///b.db").database_url == "sqlite:///b.db"
    assert load(SQLITE_URL="sqlite:///a.db", DATABASE_URL="").database_url == "sqlite:///a.db"


def test_lists_are_separated_by_commas() -> None:
    settings = load(ALLOWED_SLACK_USERS=" U1, W2 ,", ALLOWED_TELEGRAM_CHATS="-1001,7")
    assert settings.allowed_slack_users == {"U1", "W2"}
    assert settings.allowed_telegram_chats == {"-1001", "7"}


def test_addresses_lose_their_last_slash_but_slacks_api_has_one() -> None:
    settings = load(
        TELEGRAM_API_URL="http://localhost:8081/", SLACK_API_URL="http://localhost/api", OPENAI_BASE_URL="http://h/v1/"
    )
    assert settings.telegram_api_url == "http://localhost:8081"
    assert settings.slack_api_url == "http://localhost/api/"
    assert settings.openai_base_url == "http://h/v1"


def test_space_around_a_secret_is_dropped() -> None:
    settings = load(OPENAI_API_KEY=" sk-abc\n")
    assert settings.openai_api_key is not None
    assert settings.openai_api_key.get_secret_value() == "sk-abc"


def test_choices_may_be_written_in_capitals() -> None:
    assert load(LOG_LEVEL="DEBUG").log_level == "debug"


def test_the_local_model_gets_less_history_unless_told_otherwise() -> None:
    assert load().history_tokens == 6000
    assert load(OPENAI_BASE_URL="local").history_tokens == 1200
    assert load(OPENAI_BASE_URL="local", HISTORY_TOKENS="500").history_tokens == 500


def test_a_platform_that_is_wholly_configured_is_taken() -> None:
    load(SLACK_BOT_TOKEN=BOT, SLACK_APP_TOKEN=APP, OPENAI_API_KEY="k")
    load(SLACK_BOT_TOKEN=BOT, SLACK_SIGNING_SECRET=SIGNING, OPENAI_BASE_URL="local")
    load(TELEGRAM_BOT_TOKEN=TELEGRAM, OPENAI_API_KEY="k")
    load(
        TELEGRAM_BOT_TOKEN=TELEGRAM,
        TELEGRAM_WEBHOOK_URL="https://h/telegram/webhook",
        TELEGRAM_WEBHOOK_SECRET="x" * 256,
        OPENAI_API_KEY="k",
    )


# -- what is refused


@pytest.mark.parametrize(
    ("name", "given", "allowed"),
    [
        ("PORT", "70000", "0 to 65535"),
        ("PORT", "http", "0 to 65535"),
        ("HOST", "http://h", "a name or an address"),
        ("LOG_LEVEL", "loud", "debug, info, warning or error"),
        ("LOG_FORMAT", "xml", "text or json"),
        ("SLACK_STREAMING", "draft", "auto, native or edit"),
        ("TELEGRAM_STREAMING", "native", "auto, draft or edit"),
        ("OPENAI_BASE_URL", "localhost:11434", "http://"),
        ("OPENAI_BASE_URL", "https://h/v1/chat/completions", "before /chat/completions"),
        ("SLACK_API_URL", "slack.com", "http://"),
        ("TELEGRAM_API_URL", "ftp://h", "http://"),
        ("PUBLIC_URL", "my.host", "http://"),
        ("DATABASE_URL", "mysql://h/x", "postgresql://"),
        ("SQLITE_URL", "threadline.db", "sqlite:///"),
        ("ALLOWED_SLACK_USERS", "U1,@anna", "U012ABCDEF"),
        ("ALLOWED_SLACK_CHANNELS", "#general", "C012ABCDEF"),
        ("ALLOWED_TELEGRAM_USERS", "@anna", "numeric"),
        ("ALLOWED_TELEGRAM_CHATS", "1 2", "numeric"),
        ("HISTORY_TOKENS", "99", "100 to 1000000"),
        ("MODEL_TIMEOUT", "0", "more than 0"),
        ("MODEL_TIMEOUT", "nan", "more than 0"),
        ("DRAIN_SECONDS", "-1", "0 to 3600"),
    ],
)
def test_a_wrong_value_is_told_with_its_name_and_what_is_allowed(name: str, given: str, allowed: str) -> None:
    said = refused(**{name: given})
    assert said.startswith(f"{name} is '{given}'")
    assert allowed in said


@pytest.mark.parametrize(
    ("name", "given", "allowed"),
    [
        ("SLACK_BOT_TOKEN", "xoxp-1-secret", "xoxb-"),
        ("SLACK_APP_TOKEN", "xoxb-1-secret", "xapp-"),
        ("TELEGRAM_BOT_TOKEN", "secret", "digits"),
        ("OPENAI_API_KEY", "sk secret", "the key"),
        ("OPENAI_API_KEY", "sk-sécret", "the key"),
        ("SLACK_SIGNING_SECRET", "se cret", "Signing Secret"),
        ("TELEGRAM_WEBHOOK_SECRET", "secret!", "letters, digits"),
        ("TELEGRAM_WEBHOOK_SECRET", "secret" * 43, "256"),
    ],
)
def test_a_wrong_secret_is_told_without_it(name: str, given: str, allowed: str) -> None:
    said = refused(**{name: given})
    assert said.startswith(name)
    assert allowed in said
    assert "cret" not in said.replace("Signing Secret", "")


def test_passwords_and_tokens_in_the_wrong_place_are_not_shown() -> None:
    assert "hunter2" not in refused(DATABASE_URL="mysql://me:hunter2@h/x")
    assert "hunter2" not in refused(OPENAI_BASE_URL="http://me:hunter2@h?key=hunter2")
    assert "abcdefgh" not in refused(PUBLIC_URL="sk-abcdefghijklmnop")


def test_a_long_value_is_cut_in_the_sentence() -> None:
    assert len(refused(PUBLIC_URL="x" * 5000)) < 200


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"SLACK_BOT_TOKEN": BOT}, "SLACK_SIGNING_SECRET"),
        ({"SLACK_APP_TOKEN": APP}, "SLACK_BOT_TOKEN"),
        ({"SLACK_SIGNING_SECRET": SIGNING}, "SLACK_BOT_TOKEN"),
        ({"TELEGRAM_WEBHOOK_URL": "https://h"}, "TELEGRAM_BOT_TOKEN"),
        ({"TELEGRAM_BOT_TOKEN": TELEGRAM, "TELEGRAM_WEBHOOK_URL": "https://h"}, "TELEGRAM_WEBHOOK_SECRET"),
        ({"TELEGRAM_BOT_TOKEN": TELEGRAM}, "OPENAI_API_KEY"),
        ({"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": APP}, "OPENAI_API_KEY"),
    ],
)
def test_half_a_configuration_names_what_is_missing(values: dict[str, str], missing: str) -> None:
    assert missing in refused(**values)


def test_telegrams_own_service_calls_only_https() -> None:
    webhook = {"TELEGRAM_WEBHOOK_URL": "http://h", "TELEGRAM_WEBHOOK_SECRET": "s", "TELEGRAM_BOT_TOKEN": TELEGRAM}
    assert "https://" in refused(**webhook, OPENAI_API_KEY="k")
    load(**webhook, OPENAI_API_KEY="k", TELEGRAM_API_URL="http://localhost:8081")


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"PORT=\xff\xfe\n")
    assert ".env" in refused()


# -- the rest


def test_no_secret_is_in_what_settings_print() -> None:
    settings = load(
        SLACK_BOT_TOKEN=BOT,
        SLACK_APP_TOKEN=APP,
        OPENAI_API_KEY="sk-hunter2",
        TELEGRAM_BOT_TOKEN=TELEGRAM,
        DATABASE_URL="postgresql://me:hunter2@h/x",
    )
    printed = repr(settings) + str(settings)
    assert not any(secret in printed for secret in (BOT, APP, TELEGRAM, "hunter2"))


def test_the_page_has_every_setting() -> None:
    assert all(f"| `{names(name, field)[0]}` |" in page() for name, field in Settings.model_fields.items())
    assert all(f"| `{name}` | – |" in page() for name in SECRET_NAMES)


def test_the_page_in_the_docs_is_the_one_that_the_module_prints(capsys: pytest.CaptureFixture[str]) -> None:
    root = Path(__file__).parents[2]
    runpy.run_path(str(root / "bot" / "service" / "settings.py"), run_name="__main__")
    written = (root / "docs" / "settings.md").read_text(encoding="utf-8")
    assert written == capsys.readouterr().out, "run python -m bot.service.settings > docs/settings.md"


def test_the_local_model_gets_short_instructions_unless_others_are_set() -> None:
    assert load(OPENAI_BASE_URL="local").instructions == LOCAL_SYSTEM_PROMPT
    assert load(OPENAI_BASE_URL="local", SYSTEM_PROMPT="Be brief.").instructions == "Be brief."
    assert load(OPENAI_API_KEY="k").instructions == SYSTEM_PROMPT


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("SQLITE_URL", "sqlite:///file:x?mode=memory"),
        ("DATABASE_URL", "postgresql://ann:hidden@host:port/name"),
    ],
)
def test_an_address_that_no_database_can_have_is_a_wrong_setting(name: str, url: str) -> None:
    said = refused(**{name: url})
    assert said.startswith(f"{name} is '")
    assert "hidden" not in said


def test_a_file_of_settings_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "settings").write_bytes(b"PORT=\xff")
    with pytest.raises(SettingsError, match=r"settings cannot be read"):
        load_settings(tmp_path / "settings")
