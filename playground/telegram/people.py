"""What people do: write, edit, press buttons, block the bot, make and delete topics."""

import random
from typing import Any

from playground.telegram.account import Account
from playground.telegram.autolinks import found_entities
from playground.telegram.callbacks import Toast
from playground.telegram.chats import Chat, Message, Person, message_json
from playground.telegram.entities import Span, entities_json
from playground.telegram.files import FOLDERS, USUAL_SIZE
from playground.telegram.images import image_size
from playground.telegram.methods_account import member_json
from playground.telegram.privacy import sees
from playground.telegram.rich_buttons import buttons_in
from playground.telegram.rich_text import plain
from playground.telegram.texts import INVISIBLE, MOST_CHARACTERS, cleaned, trimmed
from playground.telegram.topics import LONGEST_NAME, remove_topic

Mentions = dict[str, Person]


class People:
    """The actions of people, each as a client carries it out; updates for the bot follow from them."""

    def __init__(self, account: Account) -> None:
        self.account = account

    async def send(
        self,
        person: Person,
        chat: Chat,
        text: str,
        *,
        thread: int | None = None,
        reply_to: int | None = None,
        mentions: Mentions | None = None,
        sent_at: float | None = None,
    ) -> int:
        """Write a message and give its id; a longer text goes out in pieces of 4096 characters, as clients do.

        `mentions` are words that stand for people without a username. Raises ValueError for what no client can send.
        """
        text, _ = trimmed(*cleaned(text, []))
        if all(character in INVISIBLE for character in text):
            raise ValueError("a client does not send an empty message")
        self._check_may_write(person, chat)
        thread = self._thread_for(person, chat, text, thread)
        ids = []
        for start in range(0, len(text), MOST_CHARACTERS):
            piece = text[start : start + MOST_CHARACTERS].strip()
            if piece:
                ids.append(self._write(person, chat, piece, thread, reply_to, mentions or {}, sent_at))
        return ids[0]

    def _check_may_write(self, person: Person, chat: Chat) -> None:
        if chat.migrated_to or (person is not chat.person and person.id not in chat.members):
            raise ValueError(f"{person.first_name} cannot write in this chat")

    def _write(
        self,
        person: Person,
        chat: Chat,
        text: str,
        thread: int | None,
        reply_to: int | None,
        mentions: Mentions,
        sent_at: float | None,
    ) -> int:
        if chat.private:
            self._open_chat(person, chat)
        message = self.account.post(
            chat,
            person,
            text=text,
            entities=_client_entities(text, mentions),
            thread=thread or _reply_thread(chat, reply_to),
            in_topic=thread is not None,
            reply_to=reply_to,
        )
        message.date = int(sent_at or message.date)
        chat.heard_at = self.account.now()
        self._tell("message", chat, message)
        return message.message_id

    def _open_chat(self, person: Person, chat: Chat) -> None:
        """Let the bot write to a person: whoever writes to a bot that they had blocked unblocks it."""
        chat.started = True
        if chat.bot_status == "kicked":
            self._change_standing(person, chat, "member")

    def _thread_for(self, person: Person, chat: Chat, text: str, thread: int | None) -> int | None:
        """Find the topic of a message; typed in "All" of a private chat it opens one that bears its words."""
        if thread is not None:
            topic = chat.topic(thread)
            if topic is None:
                raise ValueError(f"there is no topic {thread} in this chat")
            return thread
        switches = self.account.switches
        wraps = switches.topics_enabled and switches.users_create_topics and switches.wraps_all
        if not (chat.private and wraps):
            return None
        return self.account.open_topic(chat, person, text[:LONGEST_NAME], implicit=True).thread

    async def send_service(self, person: Person, chat: Chat, thread: int | None = None, **extra: Any) -> int:
        """Post any message without text, such as a sticker: `send_service(ann, chat, sticker={…})`."""
        if chat.private:
            self._open_chat(person, chat)
        chat.heard_at = self.account.now()
        message = self.account.post(chat, person, extra=extra, thread=thread, in_topic=thread is not None)
        self._tell("message", chat, message)
        return message.message_id

    async def send_file(
        self,
        person: Person,
        chat: Chat,
        kind: str,
        data: bytes,
        *,
        caption: str = "",
        name: str = "",
        mime_type: str = "",
        thread: int | None = None,
        **extra: Any,
    ) -> int:
        """Send a photo, voice, audio, video or document; the files of an album share a `media_group_id` in `extra`."""
        files = self.account.files
        if kind == "photo":
            part = files.photo_part(data, image_size(data) or USUAL_SIZE) | extra
        else:
            part = files.message_part(kind, data, name, mime_type) | extra
        if caption:
            part |= {"caption": caption, "caption_entities": _client_entities(caption, {})}
        return await self.send_service(person, chat, thread, **part)

    async def send_album(self, person: Person, chat: Chat, files: list[tuple[str, bytes]], caption: str = "") -> str:
        """Send photos and files as one album and give its id: a message for each, the caption under the first."""
        group = str(random.randint(10**16, 10**17))
        for place, (kind, data) in enumerate(files):
            words = caption if place == 0 else ""
            await self.send_file(person, chat, kind, data, caption=words, media_group_id=group)
        return group

    async def forward(self, person: Person, chat: Chat, source: Chat, message_id: int) -> int:
        """Send a message from another chat on, with a note whose it was."""
        original = source.messages[message_id]
        self._check_may_write(person, chat)
        origin = {"type": "user", "sender_user": original.sender.as_json(), "date": original.date}
        if chat.private:
            self._open_chat(person, chat)
        chat.heard_at = self.account.now()
        extra = original.extra | {"forward_origin": original.extra.get("forward_origin", origin)}
        message = self.account.post(chat, person, text=original.text, entities=original.entities, extra=extra)
        self._tell("message", chat, message)
        return message.message_id

    async def edit(self, person: Person, chat: Chat, message_id: int, text: str) -> None:
        """Change the text of one's own message, or the caption of one's own file."""
        message = chat.messages[message_id]
        if message.sender is not person:
            raise ValueError("only one's own messages can be edited")
        text, _ = trimmed(*cleaned(text, []))
        entities = _client_entities(text, {})
        if FOLDERS.keys() & message.extra.keys():
            message.extra |= {"caption": text, "caption_entities": entities}
            message.edit_date = int(self.account.now())
        else:
            message.replace_text(text, entities, self.account.now())
        self._tell("edited_message", chat, message)
        self.account.changes.notify()

    async def press(self, person: Person, chat: Chat, message_id: int, label: str) -> Toast | None:
        """Press the inline button with this label and wait for the answer; None when the spinner stops in vain."""
        message = chat.messages[message_id]
        rich = buttons_in(message.extra.get("rich_message", {}).get("blocks", []))
        for button in (*(button for row in message.buttons for button in row), *rich):
            if plain(button["text"]) == label and "callback_data" in button:
                return await self.press_data(person, chat, message_id, button["callback_data"])
        raise LookupError(f"no button {label!r} under message {message_id}: {message.button_labels}")

    async def press_data(self, person: Person, chat: Chat, message_id: int, data: str) -> Toast | None:
        """Press a button that may be gone by now, or that another program put there; the message may be gone too."""
        query_id, answer = self.account.callbacks.open()
        message = chat.messages.get(message_id)
        gone = {"message_id": message_id, "chat": chat.as_json(), "date": 0}
        query = {
            "id": query_id,
            "from": person.as_json(),
            "message": message_json(chat, message) if message else gone,
            "chat_instance": str(abs(chat.id) * 7919),
            "data": data,
        }
        chat.heard_at = self.account.now()
        self.account.queue.push("callback_query", query, key=f"callbacks of {person.id}")
        return await self.account.callbacks.spin(answer)

    async def press_stop(self, person: Person, chat: Chat, thread: int | None = None) -> None:
        """Press the Stop button of a draft; its later frames are not shown any more."""
        frame = self.account.drafts.visible(chat, thread)
        if frame is None or not frame.can_stop:
            raise LookupError("there is no draft with a Stop button here")
        self.account.drafts.stop(frame)
        stopped: dict[str, Any] = {"chat": chat.as_json(), "draft_id": str(frame.draft_id)}
        if thread is not None:
            stopped["message_thread_id"] = thread
        self.account.queue.push("stopped_message_generation", stopped, key=f"chat {chat.id}")

    async def react(self, person: Person, chat: Chat, message_id: int, emoji: str) -> None:
        """React to a message; a bot hears of it in groups only as administrator, and only if it asked for it."""
        if not chat.private and not chat.admin:
            return
        reaction = {
            "chat": chat.as_json(),
            "message_id": message_id,
            "user": person.as_json(),
            "date": int(self.account.now()),
            "old_reaction": [],
            "new_reaction": [{"type": "emoji", "emoji": emoji}],
        }
        self.account.queue.push("message_reaction", reaction, key=f"reactions {chat.id}")

    async def block(self, person: Person) -> None:
        self._change_standing(person, self.account.chats[person.id], "kicked")

    async def unblock(self, person: Person) -> None:
        self._change_standing(person, self.account.chats[person.id], "member")

    async def delete_message(self, chat: Chat, message_id: int) -> None:
        """Delete a message in the client; no update tells the bot."""
        del chat.messages[message_id]
        self.account.changes.notify()

    async def add_bot(self, person: Person, group: Chat, rights: set[str] | None = None) -> None:
        """Take the bot into a group, with rights as administrator."""
        group.bot_rights = rights or set()
        self._change_standing(person, group, "administrator" if rights else "member")
        joined = {"new_chat_members": [self.account.bot.as_json()]}
        self._tell("message", group, self.account.post(group, person, service=True, extra=joined))

    async def remove_bot(self, person: Person, group: Chat) -> None:
        self._change_standing(person, group, "kicked")

    async def promote_bot(self, person: Person, group: Chat, rights: set[str]) -> None:
        group.bot_rights = set(rights)
        self._change_standing(person, group, "administrator" if rights else "member")

    def _change_standing(self, person: Person, chat: Chat, status: str) -> None:
        old = member_json(self.account, chat, self.account.bot)
        chat.bot_status = status
        change = {
            "chat": chat.as_json(),
            "from": person.as_json(),
            "date": int(self.account.now()),
            "old_chat_member": old,
            "new_chat_member": member_json(self.account, chat, self.account.bot),
        }
        self.account.queue.push("my_chat_member", change, key=f"member {chat.id}")

    async def create_topic(self, person: Person, chat: Chat, name: str) -> int:
        """Open a topic and give its thread id; in private chats BotFather must have allowed it."""
        switches = self.account.switches
        if not (chat.forum or (chat.private and switches.topics_enabled and switches.users_create_topics)):
            raise ValueError("people cannot make topics here")
        topic = self.account.open_topic(chat, person, name)
        self._tell("message", chat, chat.messages[topic.thread])
        return topic.thread

    async def rename_topic(self, person: Person, chat: Chat, thread: int, name: str) -> None:
        topic = chat.topics[thread]
        topic.name = name
        self._topic_message(person, chat, thread, {"forum_topic_edited": {"name": name}})

    async def close_topic(self, person: Person, chat: Chat, thread: int) -> None:
        chat.topics[thread].closed = True
        self._topic_message(person, chat, thread, {"forum_topic_closed": {}})

    async def delete_topic(self, person: Person, chat: Chat, thread: int, noticed_after: float = 0.0) -> None:
        """Delete a topic with its messages; no update tells the bot.

        The service itself may notice later, within a minute: until then what the bot sends there is not refused.
        """
        topic = chat.topics[thread]
        topic.remembered_until = self.account.now() + noticed_after
        remove_topic(chat, topic)
        self.account.changes.notify()

    def _topic_message(self, person: Person, chat: Chat, thread: int, extra: dict[str, Any]) -> None:
        message = self.account.post(chat, person, service=True, thread=thread, in_topic=True, extra=extra)
        self._tell("message", chat, message)

    def _tell(self, kind: str, chat: Chat, message: Message) -> None:
        """Make an update of what happened, if the bot may see it."""
        if chat.private or sees(self.account, chat, message):
            self.account.announce(kind, chat, message)


def _reply_thread(chat: Chat, reply_to: int | None) -> int | None:
    """Name the first message of a chain of answers: supergroups show it as the thread, though it is no topic."""
    answered = chat.messages.get(reply_to or 0)
    if chat.type != "supergroup" or chat.forum or answered is None:
        return None
    return answered.thread or answered.message_id


def _client_entities(text: str, mentions: Mentions) -> list[dict[str, Any]]:
    spans = []
    for words, person in mentions.items():
        start = text.index(words)
        spans.append(Span("text_mention", start, start + len(words), {"user": person.as_json()}))
    return entities_json(text, [*spans, *found_entities(text, spans)])
