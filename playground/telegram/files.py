"""Files that people and the bot send: how a message shows them, and how the bot fetches them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playground.telegram.errors import ApiError, bad_request

LARGEST_DOWNLOAD = 20 << 20
LINK_LIFETIME = 3600.0
PHOTO_SIDES = (90, 320, 800, 1280)
LARGEST_SIDE = 2560
USUAL_SIZE = (1280, 960)
FOLDERS = {"photo": "photos", "voice": "voice", "audio": "music", "video": "videos", "document": "documents"}
MIME_TYPES = {"voice": "audio/ogg", "audio": "audio/mpeg", "video": "video/mp4"}


@dataclass(frozen=True)
class StoredFile:
    """One file under its id; `unique_id` stays the same when the same bytes are sent again."""

    file_id: str
    unique_id: str
    path: str
    data: bytes
    kind: str

    def as_json(self) -> dict[str, Any]:
        return {"file_id": self.file_id, "file_unique_id": self.unique_id, "file_size": len(self.data)}


@dataclass
class Files:
    """Keeps what was sent. A link is valid for an hour after `getFile`."""

    now: Callable[[], float]
    stored: dict[str, StoredFile] = field(default_factory=dict)
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    links: dict[str, tuple[float, StoredFile]] = field(default_factory=dict)

    def keep(self, kind: str, data: bytes, name: str = "") -> StoredFile:
        number = len(self.stored)
        unique_id = hashlib.sha256(kind.encode() + data).hexdigest()[:16]
        ending = name.rpartition(".")[2] if "." in name else {"photo": "jpg", "voice": "oga"}.get(kind, "bin")
        path = f"{FOLDERS[kind]}/file_{number}.{ending}"
        file = StoredFile(f"AgAC{unique_id}{number:08d}", unique_id, path, data, kind)
        self.stored[file.file_id] = file
        return file

    def message_part(self, kind: str, data: bytes, name: str = "", mime_type: str = "") -> dict[str, Any]:
        """Keep a file and make the part of a message that shows it."""
        file = self.keep(kind, data, name)
        shown = file.as_json()
        if name and kind != "voice":
            shown["file_name"] = name
        if mime_type or kind in MIME_TYPES:
            shown["mime_type"] = mime_type or MIME_TYPES[kind]
        if kind in MIME_TYPES:
            shown["duration"] = 3
        if kind == "video":
            shown |= {"width": 640, "height": 360}
        part = self.parts[file.file_id] = {kind: shown}
        return part

    def photo_part(self, data: bytes, size: tuple[int, int] = USUAL_SIZE) -> dict[str, Any]:
        """Keep a photo in several sizes, the largest last; every one of their ids stands for all of them."""
        longest = max(size)
        sides = [side for side in PHOTO_SIDES if side < longest] + [min(longest, LARGEST_SIDE)]
        files = [self.keep("photo", data[: len(data) * side // longest] or data) for side in sides]
        shown = [
            file.as_json() | {"width": _scaled(size[0], side, longest), "height": _scaled(size[1], side, longest)}
            for file, side in zip(files, sides, strict=True)
        ]
        part = {"photo": shown}
        self.parts |= dict.fromkeys((file.file_id for file in files), part)
        return part

    def link(self, file_id: str) -> dict[str, Any]:
        """Make a file downloadable, as `getFile` does; at most 20 MiB."""
        file = self.stored.get(file_id)
        if not file_id:
            raise bad_request("file_id is not specified")
        if file is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        if len(file.data) > LARGEST_DOWNLOAD:
            raise bad_request("file is too big")
        self.links[file.path] = (self.now() + LINK_LIFETIME, file)
        return file.as_json() | {"file_path": file.path}

    def download(self, path: str) -> bytes:
        valid_until, file = self.links.get(path, (0.0, None))
        if file is None or self.now() > valid_until:
            raise ApiError(404, "Not Found")
        return file.data


def _scaled(length: int, side: int, longest: int) -> int:
    return max(1, length * side // longest)
