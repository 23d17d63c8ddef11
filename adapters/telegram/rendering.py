"""Posts, as text and entities that Telegram takes."""

import unicodedata

from telegram import MessageEntity

from adapters.markdown.unfinished import close_unfinished
from adapters.telegram import markup
from bot.engine.posts import Post

_BLANK = "…"  # Telegram refuses a message without visible text
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp", "Zs")
_UNSEEN_TOO = "\u2800\ufffc\u0333\u033f\u030a"  # the empty Braille pattern, the object mark, and rings that it deletes


def rendered(post: Post) -> markup.Rendered:
    """Show the post, half-finished Markdown closed; what would show nothing is shown as it was written, or as dots."""
    shown = markup.render(close_unfinished(post.text) if post.live else post.text)
    if _is_visible(shown.text):
        return shown
    return markup.plain(post.text if _is_visible(post.text) else _BLANK)


def entities(shown: markup.Rendered) -> list[MessageEntity] | None:
    """The marks, as the library wants them."""
    marks = [
        MessageEntity(entity.type, entity.offset, entity.length, url=entity.url, language=entity.language)
        for entity in shown.entities
    ]
    return marks or None


def _is_visible(text: str) -> bool:
    """Whether Telegram finds anything to show in it: spaces, zero-width and control characters are nothing."""
    return any(unicodedata.category(character) not in _UNSEEN and character not in _UNSEEN_TOO for character in text)
