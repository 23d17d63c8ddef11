"""The app comes into the stand-in's workspace by OAuth, its tokens end and are renewed, and it goes."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth import AuthorizeUrlGenerator
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator

from playground.clock import ManualClock
from playground.slack.errors import Refusal
from tests.playground.slack_world import Json, World, text_block, world

pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated")  # by the SDK's oauth.v2.access alone
BACK = "https://bot.example.com/slack/oauth_redirect"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def w(clock: ManualClock) -> AsyncIterator[World]:
    async with world(clock) as running:
        running.slack.app.redirect_urls = (BACK,)
        yield running


def asking(w: World, **changed: str) -> str:
    """The address that an app's "Add to Slack" leads to."""
    asked = {"client_id": w.slack.client_id, "scope": "chat:write,im:write", "redirect_uri": BACK, "state": "s7"}
    return f"{w.slack.workspace.base_url}/oauth/v2/authorize?{urlencode({**asked, **changed})}"


def words(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


async def code_for(w: World) -> str:
    return words(await w.slack.allow(w.ann, asking(w)))["code"]


async def access(w: World, **args: Any) -> Json:
    who = {"client_id": w.slack.client_id, "client_secret": w.slack.client_secret}
    answer = await w.client_with("").oauth_v2_access(**{**who, **args})
    assert isinstance(answer.data, dict)
    return answer.data


async def refused(w: World, **args: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await access(w, **args)
    return str(caught.value.response["error"])


async def test_consent_leads_back_with_a_code_that_gives_the_token(w: World) -> None:
    url = AuthorizeUrlGenerator(
        client_id=w.slack.client_id,
        redirect_uri=BACK,
        scopes=["chat:write", "im:write"],
        authorization_url=f"{w.slack.workspace.base_url}/oauth/v2/authorize",
    ).generate("s7")
    back = await w.slack.allow(w.ann, url)
    assert (back.partition("?")[0], words(back)["state"]) == (BACK, "s7")
    got = await access(w, code=words(back)["code"], redirect_uri=BACK)
    assert (got["access_token"], got["scope"], got["bot_user_id"]) == (
        w.slack.bot_token,
        "chat:write,im:write",
        w.slack.bot_user_id,
    )
    assert (got["authed_user"]["id"], got["team"]["id"]) == (w.ann.id, w.slack.team_id)
    assert "expires_in" not in got


async def test_the_page_asks_a_person_and_both_buttons_lead_back(w: World) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.get(asking(w)) as response:
            page = await response.text()
        assert "im:write" in page
        assert "Ann Lee" in page
        for answer, told in (("Allow", "code"), ("Cancel", "error")):
            form = {"answer": answer, "person": w.ann.id}
            async with http.post(asking(w), data=form, allow_redirects=False) as response:
                assert response.status == 302
                assert {"state", told} == set(words(response.headers["Location"]))


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_id": "1.2"}, "invalid_client_id"),
        ({"scope": ""}, "invalid_scope"),
        ({"redirect_uri": "https://elsewhere.example.com"}, "bad_redirect_uri"),
    ],
)
async def test_a_page_that_asks_wrongly_leads_nowhere(w: World, changed: dict[str, str], error: str) -> None:
    with pytest.raises(Refusal, match=error):
        await w.slack.allow(w.ann, asking(w, **changed))
    async with aiohttp.ClientSession() as http:
        async with http.get(asking(w, **changed)) as response:
            assert error in await response.text()
        async with http.post(asking(w, **changed), data={"answer": "Allow"}, allow_redirects=False) as response:
            assert (response.status, error in await response.text()) == (200, True)


async def test_a_code_is_good_once_for_ten_minutes_and_for_its_own_address(w: World, clock: ManualClock) -> None:
    code = await code_for(w)
    assert await refused(w, code=code) == "bad_redirect_uri"
    await access(w, code=code, redirect_uri=BACK)
    assert await refused(w, code=code, redirect_uri=BACK) == "invalid_code"
    late = await code_for(w)
    await clock.advance(601)
    assert await refused(w, code=late, redirect_uri=BACK) == "invalid_code"


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"client_id": "1.2"}, "invalid_client_id"),
        ({"client_secret": "wrong"}, "bad_client_secret"),
        ({"code": "nonsense"}, "invalid_code"),
        ({"grant_type": "password"}, "invalid_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "nonsense"}, "invalid_refresh_token"),
    ],
)
async def test_what_slack_refuses_of_oauth_is_refused(w: World, args: Json, error: str) -> None:
    assert await refused(w, **args) == error


async def test_a_secret_is_not_kept_in_the_log(w: World) -> None:
    await access(w, code=await code_for(w), redirect_uri=BACK)
    assert "client_secret" not in w.slack.calls_of("oauth.v2.access")[0].args


async def test_a_token_that_rotates_ends_after_twelve_hours(w: World, clock: ManualClock) -> None:
    w.slack.app.rotates = True
    got = await access(w, code=await code_for(w), redirect_uri=BACK)
    client = w.client_with(got["access_token"])
    await clock.advance(got["expires_in"] - 1)
    await client.auth_test()
    await clock.advance(1)
    assert got["expires_in"] == 12 * 3600
    with pytest.raises(SlackApiError, match="token_expired"):
        await client.auth_test()


async def test_a_refresh_token_gives_the_next_pair_and_is_used_up(w: World, clock: ManualClock) -> None:
    w.slack.app.rotates = True
    first = await access(w, code=await code_for(w), redirect_uri=BACK)
    await clock.advance(12 * 3600)
    again = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = await access(w, **again)
    assert second["refresh_token"] != first["refresh_token"]
    await w.client_with(second["access_token"]).auth_test()
    assert await refused(w, **again) == "invalid_refresh_token"


async def test_the_sdk_rotates_a_token(w: World) -> None:
    w.slack.app.rotates = True
    got = await access(w, code=await code_for(w), redirect_uri=BACK)
    bot = Bot(
        bot_token=got["access_token"],
        bot_id=w.slack.bot_id,
        bot_user_id=got["bot_user_id"],
        bot_refresh_token=got["refresh_token"],
        bot_token_expires_in=60,
        installed_at=0.0,
    )
    rotator = AsyncTokenRotator(
        client_id=w.slack.client_id, client_secret=w.slack.client_secret, client=w.client_with("")
    )
    rotated = await rotator.perform_bot_token_rotation(bot=bot)
    assert rotated is not None
    assert rotated.bot_token == w.slack.bot_token != got["access_token"]


async def test_an_app_uninstalls_itself_with_its_secret_only(w: World) -> None:
    with pytest.raises(SlackApiError, match="bad_client_secret"):
        await w.client.apps_uninstall(client_id=w.slack.client_id, client_secret="wrong")
    await w.client.apps_uninstall(client_id=w.slack.client_id, client_secret=w.slack.client_secret)
    assert {d.event["type"] for d in w.slack.deliveries} <= {"app_uninstalled", "tokens_revoked"}
    assert await w.refusal("auth.test") == "account_inactive"


async def test_an_app_that_comes_back_has_another_token(w: World) -> None:
    before = w.slack.bot_token
    await w.slack.uninstall()
    got = await access(w, code=await code_for(w), redirect_uri=BACK)
    assert got["access_token"] == w.slack.bot_token != before
    await w.client_with(w.slack.bot_token).auth_test()
    with pytest.raises(SlackApiError, match="token_expired"):
        await w.client_with(before).auth_test()


@pytest.mark.parametrize("by_the_app", [True, False])
async def test_a_token_that_is_revoked_is_told_and_worth_nothing(w: World, by_the_app: bool) -> None:
    if by_the_app:
        await w.client.auth_revoke()
    else:
        await w.slack.revoke_token()
    await w.slack.wait_for(lambda: w.slack.deliveries)
    assert [d.event["type"] for d in w.slack.deliveries] == ["tokens_revoked"]
    assert await w.refusal("auth.test") == "token_revoked"


async def test_trying_to_revoke_a_token_takes_nothing_away(w: World) -> None:
    assert not (await w.client.auth_revoke(test=True))["revoked"]
    await w.client.auth_test()


VALID = [text_block("a")]
WRONG = [text_block("a" * 3001)]


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"blocks": VALID}, ""),
        ({"message": {"text": "a", "blocks": VALID}}, ""),
        ({"view": {"type": "home", "blocks": VALID}}, ""),
        ({"blocks": WRONG}, "invalid_blocks"),
        ({"message": {"blocks": WRONG}}, "invalid_message"),
        ({"message": {"text": "a"}}, "invalid_message"),
        ({"view": {"type": "home", "blocks": WRONG}}, "invalid_view"),
        ({}, "invalid_arguments"),
        ({"blocks": VALID, "view": {"type": "home", "blocks": VALID}}, "invalid_arguments"),
    ],
)
async def test_blocks_messages_and_views_are_checked_without_a_token(w: World, args: Json, error: str) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{w.slack.api_url}blocks.validate", json=args) as response,
    ):
        body = await response.json()
    assert (body["ok"], body.get("error", "")) == (not error, error)


async def test_a_check_says_where_and_what_is_wrong(w: World) -> None:
    with pytest.raises(SlackApiError) as caught:
        await w.client.blocks_validate(blocks=WRONG)
    assert caught.value.response["errors"] == [
        {
            "code": "failed_constraint",
            "message": "must be less than 3001 characters",
            "pointer": "/blocks/0/text/text",
            "field": "text",
        }
    ]
