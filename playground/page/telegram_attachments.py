"""What a message carries besides words, in words: the page shows no pictures, it plays nothing."""

from collections.abc import Mapping
from typing import Any

KINDS = {
    "animation": "GIF",
    "photo": "Photo",
    "video": "Video",
    "voice": "Voice message",
    "voice_note": "Voice message",
    "audio": "Audio",
    "document": "File",
    "sticker": "Sticker",
    "video_note": "Video message",
    "location": "Location",
    "contact": "Contact",
    "poll": "Poll",
    "dice": "Dice",
}
"""What a client calls each kind of content; the more telling kind comes first."""


def attachment(content: Mapping[str, Any]) -> dict[str, str] | None:
    """Say of a message, or of a block of one, what it carries: the kind, and what is known of it."""
    kind = next((kind for kind in KINDS if kind in content), None)
    if kind is None:
        return None
    about = content[kind]
    largest = about[-1] if isinstance(about, list) and about else about
    return {"kind": KINDS[kind], "about": _about(largest) if isinstance(largest, dict) else ""}


def _about(file: Mapping[str, Any]) -> str:
    size = f"{file['width']} × {file['height']}" if "width" in file and "height" in file else ""
    duration = f"{file['duration']} s" if "duration" in file else ""
    weight = f"{file['file_size'] / 1024:.1f} kB" if "file_size" in file else ""
    return ", ".join(filter(None, (str(file.get("file_name", "")), str(file.get("emoji", "")), size, duration, weight)))
