from bot.engine.recent import Recent


def test_what_was_noted_longest_ago_is_forgotten_when_there_is_too_much() -> None:
    recent: Recent[str, int] = Recent(most=2)
    for key in ("a", "b", "a", "c"):
        recent.note(key, 1)
    assert [key in recent for key in "abc"] == [True, False, True]


def test_what_is_forgotten_is_gone() -> None:
    recent: Recent[str, int] = Recent()
    recent.note("a", 1)
    assert recent.get("a") == 1
    recent.forget("a")
    assert recent.get("a") is None
