"""Which places a person has in Slack, and which of them this browser has open."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs

from playground.page.actions import Refused, Visit
from playground.page.slack_html import Names
from playground.slack.messages import Message
from playground.slack.places import Channel
from playground.slack.workspace import DOMAIN, is_ts

TABS = ("messages", "home")
NO_SUCH_PLACE = "There is no such place, or you are not in it."
GONE = "This message is not there any more."
PERMALINK = re.compile(
    rf"https://{DOMAIN}\.slack\.com/archives/(?P<channel>\w+)(?:/p(?P<seconds>[0-9]{{10}})(?P<micro>[0-9]{{6}}))?/?"
    r"(?:\?(?P<query>[^#]*))?"
)


@dataclass(frozen=True)
class Place:
    """A channel or the app's own tab, with the thread that is open beside it."""

    channel: Channel
    tab: str = "messages"
    thread: str | None = None


def channels(visit: Visit) -> list[Channel]:
    """Everything that the person is in, the app's direct message last."""
    everything = visit.world.slack.workspace.channels.values()
    mine = [channel for channel in everything if visit.guest.slack.id in channel.members and not channel.archived]
    return sorted(mine, key=lambda channel: channel.kind == "im")


def channel_of(visit: Visit, id_: object) -> Channel:
    """Find a place of the person; raises Refused."""
    found = next((channel for channel in channels(visit) if channel.id == id_), None)
    if found is None:
        raise Refused(NO_SUCH_PLACE)
    return found


def message_of(channel: Channel, ts: object) -> Message:
    """Find a message that stands there; raises Refused."""
    found = channel.messages.get(ts) if isinstance(ts, str) else None
    if found is None or found.tombstone:
        raise Refused(GONE)
    return found


def thread_of(channel: Channel, ts: object) -> str | None:
    """Give the root of a thread that may be open, also of a deleted message with replies; None for anything else."""
    found = channel.messages.get(ts) if isinstance(ts, str) else None
    if found is None:
        return None
    return found.thread_ts if found.thread_ts in channel.messages else found.ts


def open_place(visit: Visit) -> Place:
    """What this browser shows; one that has chosen nothing shows the first channel and one's last question there."""
    known = {channel.id: channel for channel in channels(visit)}
    if visit.slack.get("channel") not in known:
        first = next(iter(known.values()))
        visit.slack |= {"channel": first.id, "tab": "messages", "thread": _last_question(visit, first)}
    channel = known[visit.slack["channel"]]
    return Place(channel, visit.slack["tab"], thread_of(channel, visit.slack["thread"]))


def _last_question(visit: Visit, channel: Channel) -> str | None:
    """The last message of the person that the app was asked something in."""
    mention = visit.world.slack.workspace.bot.mention
    roots = (message for message in reversed(channel.messages.values()) if not message.thread_ts)
    return next((m.ts for m in roots if m.user == visit.guest.slack.id and mention in m.text), None)


def names(visit: Visit) -> Names:
    """What the person reads for an id; channels of others have no name."""
    people = visit.world.slack.workspace.people.values()
    pairs = [(person.id, person.name) for person in people]
    pairs += [(channel.id, channel.name) for channel in channels(visit) if channel.name]
    return Names(tuple(pairs), visit.guest.slack.id)


def linked_place(visit: Visit, url: object) -> Place | None:
    """Find the place that a permalink of this workspace leads to; None where it is none. Raises Refused."""
    found = PERMALINK.fullmatch(url) if isinstance(url, str) else None
    if found is None:
        return None
    channel = channel_of(visit, found["channel"])
    wanted = parse_qs(found["query"] or "").get("thread_ts", [""])[0]
    ts = wanted if is_ts(wanted) else f"{found['seconds']}.{found['micro']}"
    if not found["seconds"]:
        return Place(channel)
    thread = thread_of(channel, ts)
    if thread is None:
        raise Refused(GONE)
    return Place(channel, "messages", thread)
