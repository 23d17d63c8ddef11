"""What every screen shows of the bots' texts, for measuring how far behind the model it is."""

from collections.abc import Iterator, Sequence

from playground.page.lag import Screen
from playground.slack import SlackStandIn
from playground.telegram import TelegramStandIn
from playground.telegram.chats import Chat

NEWEST_MESSAGES = 60
"""Messages of a place in which answers are looked for."""


def screens(slack: SlackStandIn, telegrams: Sequence[TelegramStandIn]) -> Iterator[Screen]:
    """Everything of the bots that stands anywhere, place by place."""
    yield from slack_screens(slack)
    for number, telegram in enumerate(telegrams):
        for chat in telegram.account.chats.values():
            for thread, texts in telegram_texts(telegram, chat).items():
                yield f"telegram {number} {chat.id} {thread}", texts


def slack_screens(slack: SlackStandIn) -> Iterator[Screen]:
    for channel in slack.workspace.channels.values():
        threads: dict[str, list[str]] = {}
        for message in list(channel.messages.values())[-NEWEST_MESSAGES:]:
            if message.user == slack.bot_user_id and not message.tombstone:
                threads.setdefault(message.thread_ts, []).append(slack.rendered_message(message))
        for thread, texts in threads.items():
            yield f"slack {channel.id} {thread}", texts


def telegram_texts(telegram: TelegramStandIn, chat: Chat) -> dict[int | None, list[str]]:
    """The bot's texts by topic, what a draft shows last."""
    threads: dict[int | None, list[str]] = {}
    for message in list(chat.messages.values())[-NEWEST_MESSAGES:]:
        if message.from_bot and not message.service:
            threads.setdefault(message.thread, []).append(message.text)
    for thread in (None, *chat.topics):
        draft = telegram.draft(chat, thread)
        if draft is not None:
            threads.setdefault(thread, []).append(draft.text)
    return threads
