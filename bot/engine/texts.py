"""Every sentence that a person reads, in one place; `locales` has them in other languages."""

import re
import unicodedata
from datetime import datetime

from bot.engine.languages import Sentence, format_moment

INVISIBLE = ("Cc", "Cf", "Zs", "Zl", "Zp")
BLANKS = "\u2800\u3164\uffa0\u115f\u1160"
"""Characters that show nothing, though their category is that of letters or symbols."""

NEW_CHAT = Sentence("New chat")

NOT_ALLOWED = Sentence("Sorry, I am not set up to answer here. Please ask the person who runs me for access.")
EMPTY = Sentence("I am here. Write your question and I will answer.")
NO_FILES = Sentence("I can only read text for now. Please write your question as a message.")
TOO_LONG = Sentence("That message is too long for me ({length} characters). Please keep it under {limit}.")
UNKNOWN_COMMAND = Sentence("I do not know the command “{name}”. Write “help” as a command to see what I can do.")

FRESH = Sentence("A new chat. What is it about?")
BEGUN_ELSEWHERE = Sentence("Your new chat is there.")
NO_CHAT = Sentence("There is no chat here yet. Ask me something and there will be one.")
NO_CHATS = Sentence("You have no chats here yet. Ask me something and there will be one.")
CHATS = Sentence("Your chats, newest first. Press one to open it.")
ARCHIVE = Sentence("Your archive. Write in one of these chats, and it is back among the others.")
MANAGED = Sentence("Which chat do you want to pin, rename, put away or delete?")
EMPTY_ARCHIVE = Sentence("Your archive is empty.")
SEARCH = Sentence("Look through your chats")
FOUND = Sentence("Your chats with “{words}”, newest first. Press one to open it.")
NOTHING_FOUND = Sentence("I find “{words}” in none of your chats here.")
NO_MORE_FOUND = Sentence("I find “{words}” in no further chat of yours.")
SEARCH_HOW = Sentence(
    'Write after the command what to look for: words, a "phrase", begin\\* for words that begin so, and -word for '
    "what must not be there."
)
CARD = Sentence("{title}\nLast asked in: {time}")
ASK_RENAME = Sentence("What shall “{title}” be called? Please answer this message with the new title.")
OPENED = Sentence("Back in “{title}”. Your next message goes on there.")
ELSEWHERE = Sentence("That chat lives in another place; go on with it there.")
RENAME_HOW = Sentence("Write the new title after the command.")
RENAMED = Sentence("This chat is now called “{title}”.")
RENAMED_OTHER = Sentence("It is now called “{title}”.")
WHICH_RENAME = Sentence("You have several chats here. Which one shall be called “{title}”?")
WHICH_DELETE = Sentence("You have several chats here. Which one shall be deleted?")
ASK_DELETE = Sentence("Delete “{title}”? I will forget the whole chat and remove my messages. This cannot be undone.")
DELETED = Sentence(
    "Deleted. I have forgotten “{title}” and remove my messages; what you wrote yourself stays until you delete it."
)
KEPT = Sentence("Nothing was deleted.")
NOT_YOURS = Sentence("Only the person who began this chat, or someone who wrote in it, may do that.")
OUTDATED = Sentence("That button is out of date.")
NOTHING_RUNS = Sentence("I am not answering anything here at the moment.")
NOTHING_ASKED = Sentence("There is no question here that I could answer again.")
STILL_RUNS = Sentence("I am still answering. Stop me first, then ask again.")
ONLY_LAST = Sentence("Only the newest question can be asked again.")
ONLY_LAST_SWITCHES = Sentence("Only the newest question can show another of its answers.")
STILL_WRITING = Sentence("I am still writing here. Please try again in a moment.")

MODEL_NOW = Sentence("In this chat {model} answers. Which one shall it be?")
MODEL_OF_NEW = Sentence("In your new chats {model} answers. Which one shall it be?")
ONLY_MODEL = Sentence("There is only one model here: {model}.")
NO_SUCH_MODEL = Sentence("I know no model “{name}”. There are: {models}.")
MODEL_SET = Sentence("From now on {model} answers in this chat.")
MODEL_SET_FOR_NEW = Sentence("From now on {model} answers in your new chats.")
INSTRUCTIONS_HOW = Sentence("Write after the command what I shall keep to, such as: `instructions Answer in French.`")
INSTRUCTIONS_NOW = Sentence("In this chat I keep to this:\n\n{text}")
INSTRUCTIONS_OF_NEW = Sentence("In your new chats I keep to this:\n\n{text}")
INSTRUCTIONS_SET = Sentence("From the next answer on I keep to that in this chat.")
INSTRUCTIONS_SET_FOR_NEW = Sentence("I keep to that in your new chats.")
INSTRUCTIONS_FORGOTTEN = Sentence("I have forgotten these instructions.")
INSTRUCTIONS_TOO_LONG = Sentence(
    "These instructions are too long ({length} characters). Please keep them under {limit}."
)
USED_FOR_NEW = Sentence("Your new chats begin with the model and the instructions of this one.")

GOOD_ANSWER = Sentence("Good answer")
BAD_ANSWER = Sentence("Bad answer")
RATED = Sentence("Thank you, I have noted what you think of it.")
FORGET_THEM = Sentence("Forget them")
FOR_NEW_TOO = Sentence("Also in my new chats")
PINNED = Sentence("Pinned")
TODAY = Sentence("Today")
EARLIER = Sentence("Earlier")
MESSAGES_TAB = Sentence("Messages")
FOR_NEW_CHATS = Sentence("For your new chats")
NEW_QUESTION = Sentence("What is it about?")
ASK = Sentence("Ask")
MODEL = Sentence("Model")
INSTRUCTIONS = Sentence("Instructions")
NO_INSTRUCTIONS = Sentence("There is nothing in particular that I keep to.")
WHAT_TO_KEEP_TO = Sentence("What shall I keep to in your new chats?")
SAVE = Sentence("Save")


EDITED_EARLIER = Sentence(
    "I have answered that question already, and the chat went on. I can answer the new one in a chat of its own."
)
BRANCH_HERE = Sentence("Branch from here")

BRANCH_TITLE = Sentence("{title} (branch)")
BRANCHED = Sentence("Branched from “{title}”. Your next message goes on from there; the other chat stays as it is.")
BRANCH_IS_THERE = Sentence("It goes on in a thread of its own: {title}.")
NOTHING_TO_BRANCH = Sentence("There is no answer here yet that a new chat could go on from.")

STOP = Sentence("Stop")
RETRY = Sentence("Retry")
ASK_AGAIN = Sentence("Ask again")
DELETE = Sentence("Delete")
KEEP = Sentence("Keep")
NEWER = Sentence("‹ Newer")
OLDER = Sentence("Older ›")
BACK = Sentence("‹ Back")
ARCHIVED = Sentence("Archive")
MANAGE = Sentence("Manage")
OPEN = Sentence("Open")
PIN = Sentence("Pin")
UNPIN = Sentence("Unpin")
TO_ARCHIVE = Sentence("Put away")
EXPORT = Sentence("Export")
UNARCHIVE = Sentence("Bring back")
CANCEL = Sentence("Cancel")
CLOSE = Sentence("Close")
RENAME = Sentence("Rename")

THREAD_GONE = Sentence("(The thread that this belongs to is gone.)")
TOPIC_GONE = Sentence("(moved here: the topic is gone)")
"""Stand before what is posted outside because of that."""

YOUR_CHATS = Sentence("Your chats")
RENAME_CHAT = Sentence("Rename chat")
DELETE_CHAT = Sentence("Delete chat")
BRANCH_CHAT = Sentence("Branch chat")
NEW_TITLE = Sentence("New title")
NO_TITLE = Sentence("Please write a title.")
MOMENT = Sentence("One moment…")
TRY_AGAIN = Sentence("I cannot look that up at the moment. Please try again in a minute.")

EXPORT_COMES = Sentence("The file comes where the chat lives.")
EXPORTED = Sentence("The whole chat, with everything that was asked and answered.")
EXPORT_HOW = Sentence("Write `export` for a text to read, or `export json` for a file that can be imported again.")
EXPORT_FAILED = Sentence("I could not send the file. Please try again in a minute.")
EXPORT_FORBIDDEN = Sentence(
    "I am not allowed to send files here. Please ask the person who runs me to give me that permission, then try again."
)
EXPORT_TOO_BIG = Sentence("This chat is too big to be sent as one file here.")
BEGUN = Sentence("{place}; begun {time}")
EARLIER_ANSWER = Sentence("Earlier answer")
NO_ANSWER = Sentence("_No answer._")
BROKEN_OFF = Sentence("_Unfinished._")
SOMEBODY = Sentence("Somebody")

ONCE_MORE = Sentence("_I was interrupted; from the beginning, once more …_")
STOPPED = Sentence("_Stopped._")
CUT = Sentence("_The model's answer ended at its length limit._")
EMPTY_ANSWER = Sentence("The model gave an empty answer. Press Retry to ask again.")
FAILURES = {
    "unreachable": Sentence("I cannot reach the language model at the moment. Press Retry in a little while."),
    "busy": Sentence("The language model is overloaded at the moment. Press Retry in a minute."),
    "silent": Sentence("The language model fell silent in the middle. Press Retry to ask again."),
    "refused": Sentence("The language model refused my request. Please tell the person who runs me; then press Retry."),
    "too_long": Sentence("This chat has grown too long for the language model. Begin a new one, or press Retry."),
    "filtered": Sentence(
        "The language model's filter does not let this be answered. Try to put it differently, or press Retry."
    ),
    "empty": EMPTY_ANSWER,
    "interrupted": Sentence("I was interrupted several times while answering. Press Retry to ask again."),
    "late": Sentence("Sorry, I could not get to this in time. Press Retry, and I answer it now."),
}
FAILED = Sentence("Something went wrong while answering. Press Retry to ask again.")
UNFINISHED = Sentence("_Unfinished._ {reason}")

HELP = {
    "telegram": Sentence(
        "Write to me and I answer; I remember what was said in this chat. In a group, mention me or reply to me."
    ),
    "slack": Sentence(
        "Mention me in a channel, or write to me in my Messages tab: each thread is a chat that I remember, and in a "
        "thread that I am part of you need not mention me. `/chats` lists your chats and looks through them for "
        "words, `/chat-new` begins one in my Messages tab; so does my Home tab, where you find them all. In a thread, "
        "mention me with one of these words:"
    ),
}
COMMANDS = {
    "new": Sentence("Start a new chat"),
    "chats": Sentence("List your chats"),
    "search": Sentence("Look through your chats for the words behind it"),
    "rename": Sentence("Give this chat the title that you write behind it"),
    "delete": Sentence("Delete this chat"),
    "export": Sentence("Send this chat as a file (“json”: one to import again)"),
    "stop": Sentence("Stop the answer"),
    "retry": Sentence("Ask again"),
    "branch": Sentence("Go on from here in a new chat"),
    "model": Sentence("Choose the model that answers"),
    "instructions": Sentence("Tell me what to keep to in this chat"),
    "help": Sentence("What I can do"),
}
"""What menus of commands say of each."""

NOT_IN_THREADS = ("new", "chats", "search", "help")
"""Commands that Slack's threads have no need of."""

HELP_ANYWHERE = Sentence("Write to me and I answer; I remember what was said in this chat.")


def escape(text: str) -> str:
    """Make a text stand in Markdown as it is."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-!|~$&])", r"\\\1", text)


def moment(at: datetime, language: str) -> str:
    """Date and time as people write them; the time zone is named, for nobody told us theirs."""
    return f"{format_moment(at, language)} UTC"


def help_for(platform: str, language: str) -> str:
    """What one can do there, command by command."""
    if platform not in HELP:
        return HELP_ANYWHERE(language)
    words = {name: says for name, says in COMMANDS.items() if platform != "slack" or name not in NOT_IN_THREADS}
    sign = "/" if platform == "telegram" else ""
    lines = [f"- `{sign}{name}` – {says(language)}" for name, says in words.items()]
    return "\n".join([HELP[platform](language), "", *lines])


def failure(code: str | None, partial: bool, language: str) -> str:
    """The sentence for a failed turn; what was already shown is marked as unfinished."""
    reason = FAILURES.get(code or "", FAILED)(language)
    return UNFINISHED(language, reason=reason) if partial else reason


def clean(text: str) -> str:
    """A person's text without control characters and outer space; line ends, tabs and joiners stay.

    Empty where nothing can be seen: platforms refuse messages and buttons of invisible characters alone.
    """
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()
    return kept if any(unicodedata.category(c) not in INVISIBLE and c not in BLANKS for c in kept) else ""


def one_line(text: str, limit: int) -> str:
    """The text on one line, cut at a word to at most `limit` characters."""
    line = " ".join(clean(text).split())
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    between_words = line[limit - 1] == " " or " " not in cut[limit // 2 :]
    return (cut if between_words else cut.rsplit(" ", 1)[0]).rstrip(" ,;:.") + "…"
