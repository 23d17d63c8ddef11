"""What of a growing text can be appended to a stream, from which nothing can be taken back. Pure."""

from adapters.markdown.unfinished import close_unfinished
from adapters.slack import markup


def spoken(markdown: str, *, whole: bool = False) -> str:
    """Write what is settled of this Markdown, or (`whole`) all of it, for a stream; the same text begins alike."""
    return markup.render(markdown if whole else markdown[: _settled(markdown)])


def _settled(markdown: str) -> int:
    end = len(markdown)
    while end > 0:
        end = max(markdown.rfind(" ", 0, end), markdown.rfind("\n", 0, end))
        if close_unfinished(markdown[: max(end, 0)]) == markdown[: max(end, 0)]:
            break
    return max(end, 0)
