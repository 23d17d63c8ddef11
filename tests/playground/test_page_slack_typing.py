"""What is typed in the page's composers, and what Slack gets of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.page.slack_html import Names
from playground.page.slack_typing import sent, typed

NAMES = Names((("U1", "Ann"), ("U2", "Ann Lee"), ("U3", "Threadline"), ("C1", "general")), "U1")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("@Threadline hi", "<@U3> hi"),
        ("hi, @threadline!", "hi, <@U3>!"),
        ("@Ann Lee and @Ann", "<@U2> and <@U1>"),
        ("@Annabel a@Ann.b", "@Annabel a@Ann.b"),
        ("#general #generals", "<#C1> #generals"),
        ("@here @nobody", "<!here> @nobody"),
        ("see https://a.b/@Ann.", "see <https://a.b/@Ann>."),
        ("`@Ann` ```\n@Ann https://a.b\n```", "`@Ann` ```\n@Ann https://a.b\n```"),
        ("<@U3> stays", "<@U3> stays"),
    ],
)
def test_names_and_addresses_become_what_the_client_sends(text: str, written: str) -> None:
    assert sent(text, NAMES) == written


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("<@U3> &lt;b&gt; &amp;", "@Threadline <b> &"),
        ("<#C1|x> <!here> <!subteam^S1|@ops>", "#general @here @@ops"),
        ("<https://a.b|a.b> <mailto:a@b.c|x>", "https://a.b a@b.c"),
        ("<@U9>", "@U9"),
    ],
)
def test_a_message_is_edited_as_it_was_typed(written: str, text: str) -> None:
    assert typed(written, NAMES) == text


@given(st.lists(st.sampled_from(["@Ann", "@Ann Lee", "#general", "word", "https://a.b/c", " ", "\n", "@here", "x@y"])))
def test_what_is_edited_and_not_changed_is_sent_again_as_it_was(pieces: list[str]) -> None:
    written = sent(" ".join(pieces), NAMES)
    assert sent(typed(written, NAMES), NAMES) == written
