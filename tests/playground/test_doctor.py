"""What the doctor finds, in this process, with stand-ins for what is outside."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.service import doctor
from bot.service.doctor import Finding, examine
from bot.service.local_model import LocalModel, LocalModelMissing
from playground.openai import ScriptedEndpoint
from playground.slack import SlackStandIn
from playground.telegram import TelegramStandIn
from storage import open_database

WRONG = "4242424242:" + "A" * 35


@pytest.fixture
async def in_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[pytest.MonkeyPatch]:
    """Settings with which everything is in order, for a test to spoil."""
    monkeypatch.chdir(tmp_path)
    async with TelegramStandIn() as telegram, ScriptedEndpoint() as endpoint:
        slack = SlackStandIn()
        await slack.start()
        settings = {
            "TELEGRAM_BOT_TOKEN": telegram.token,
            "TELEGRAM_API_URL": telegram.api_url,
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token,
            "SLACK_API_URL": slack.api_url,
            "OPENAI_BASE_URL": endpoint.base_url,
            "OPENAI_MODEL": "scripted",
            "DATABASE_URL": f"sqlite:///{tmp_path / 'threadline.db'}",
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        yield monkeypatch
        await slack.stop()


async def bad() -> list[Finding]:
    return [finding for finding in await examine() if not finding.fine]


async def test_a_healthy_installation_has_nothing_to_mend(in_order: pytest.MonkeyPatch) -> None:
    findings = await examine()
    assert [finding.what for finding in findings] == ["settings", "database", "model", "slack", "telegram"]
    assert all(finding.fine for finding in findings), findings


async def test_a_wrong_setting_is_the_only_finding(in_order: pytest.MonkeyPatch) -> None:
    in_order.setenv("PORT", "eight")
    assert [(finding.what, finding.fine) for finding in await examine()] == [("settings", False)]


async def test_a_refused_token_is_found_and_not_shown(in_order: pytest.MonkeyPatch) -> None:
    in_order.setenv("TELEGRAM_BOT_TOKEN", WRONG)
    found = await bad()
    assert [finding.what for finding in found] == ["telegram"]
    assert WRONG not in found[0].says
    assert "TELEGRAM_BOT_TOKEN" in found[0].says


async def test_a_model_that_cannot_be_reached_comes_with_its_remedy(in_order: pytest.MonkeyPatch) -> None:
    in_order.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    found = await bad()
    assert [finding.what for finding in found] == ["model"]
    assert found[0].says.endswith(f". {doctor.MEND_MODEL}")


async def test_a_local_model_that_is_not_installed_is_found(in_order: pytest.MonkeyPatch) -> None:
    async def missing() -> None:
        raise LocalModelMissing("not here")

    in_order.setenv("OPENAI_BASE_URL", "local")
    in_order.setattr(LocalModel, "start", missing)
    assert [finding.what for finding in await bad()] == ["model"]


async def test_a_database_that_cannot_be_opened_comes_with_its_remedy(
    in_order: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    in_order.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'nowhere' / 'threadline.db'}")
    found = await bad()
    assert [finding.what for finding in found] == ["database"]
    assert found[0].says.endswith(f". {doctor.MEND_DATABASE}")


async def test_an_old_schema_is_told_on_postgres_only(in_order: pytest.MonkeyPatch, empty_postgres_url: str) -> None:
    in_order.setenv("DATABASE_URL", empty_postgres_url)
    found = await bad()
    assert [finding.what for finding in found] == ["database"]
    assert "threadline migrate" in found[0].says
    database = open_database(empty_postgres_url)
    await database.migrate()
    await database.close()
    assert await bad() == []


async def test_without_a_platform_it_says_how_to_get_one(in_order: pytest.MonkeyPatch) -> None:
    for name in ("TELEGRAM_BOT_TOKEN", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        in_order.delenv(name)
    assert [finding.what for finding in await bad()] == ["platforms"]


async def test_a_check_that_hangs_is_given_up(in_order: pytest.MonkeyPatch) -> None:
    in_order.setattr(doctor, "PATIENCE", 0.0)
    found = await bad()
    assert {finding.what for finding in found} >= {"model", "slack", "telegram"}
    assert "no answer within 0 s" in found[0].says
