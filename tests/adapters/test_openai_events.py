"""Streams taken apart into events."""

import pytest

from adapters.openai.events import Events


def data_of(*reads: bytes) -> list[bytes]:
    events = Events()
    return [data for read in reads for data in events.feed(read)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_events_are_the_same_wherever_the_reads_are_cut(end: bytes) -> None:
    stream = end.join(
        [b'data: {"a": 1}', b"", b": still there", b"", b"event: x", b'data:{"b":', b"data: 2}", b"", b""]
    )
    whole = [b'{"a": 1}', b'{"b":\n2}']
    assert data_of(stream) == whole
    assert data_of(*(stream[at : at + 1] for at in range(len(stream)))) == whole
    for at in range(len(stream)):
        assert data_of(stream[:at], stream[at:]) == whole


def test_one_read_may_complete_many_events() -> None:
    assert data_of(b"data: 1\n\ndata: 2\n\ndata: [DO", b"NE]\n\n") == [b"1", b"2", b"[DONE]"]


def test_an_event_without_its_end_is_none() -> None:
    assert data_of(b"data: 1\n\ndata: 2\n") == [b"1"]


@pytest.mark.parametrize(
    "noise", [b"\n\n", b":\n\n", b"event: ping\n\n", b"id: 7\nretry: 3\n\n", b"data\n\n", b"<p>\n"]
)
def test_what_has_no_data_is_no_event(noise: bytes) -> None:
    assert data_of(noise + b"data: 1\n\n") == [b"1"]
