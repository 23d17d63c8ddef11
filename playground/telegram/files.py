"""Files that people send: how a message shows them, and how the bot fetches them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playground.telegram.errors import ApiError, bad_request

LARGEST_DOWNLOAD = 20 << 20
LINK_LIFETIME = 3600.0
PHOTO_SIDES = (90, 320, 800, 1280)
FOLDERS = {"photo": "photos", "voice": "voice", "audio": "music", "video": "videos", "document": "documents"}
MIME_TYPES = {"voice": "audio/ogg", "audio": "audio/mpeg", "video": "video/mp4"}


@dataclass(frozen=True)
class StoredFile:
    """One file under its id; `unique_id` stays the same when the same bytes are sent again."""

    file_id: str
    unique_id: str
    path: str
    data: bytes

    def as_json(self) -> dict[str, Any]:
        return {"file_id": self.file_id, "file_unique_id": self.unique_id, "file_size": len(self.data)}


@dataclass
class Files:
    """Keeps what was sent. A link is valid for an hour after `getFile`."""

    now: Callable[[], float]
    stored: dict[str, StoredFile] = field(default_factory=dict)
    links: dict[str, tuple[float, StoredFile]] = field(default_factory=dict)

    def keep(self, kind: str, data: bytes, name: str = "") -> StoredFile:
        number = len(self.stored)
        unique_id = hashlib.sha256(kind.encode() + data).hexdigest()[:16]
        ending = name.rpartition(".")[2] if "." in name else {"photo": "jpg", "voice": "oga"}.get(kind, "bin")
        path = f"{FOLDERS[kind]}/file_{number}.{ending}"
        file = StoredFile(f"AgAC{unique_id}{number:08d}", unique_id, path, data)
        self.stored[file.file_id] = file
        return file

    def message_part(self, kind: str, data: bytes, name: str = "", mime_type: str = "") -> dict[str, Any]:
        """Make the part of a message that shows a file of this kind; a photo comes in several sizes."""
        if kind == "photo":
            sizes = [data[: len(data) * side // PHOTO_SIDES[-1]] or data for side in PHOTO_SIDES[:-1]]
            files = [self.keep(kind, size) for size in (*sizes, data)]
            pairs = zip(files, PHOTO_SIDES, strict=True)
            return {"photo": [file.as_json() | {"width": side, "height": side * 3 // 4} for file, side in pairs]}
        shown = self.keep(kind, data, name).as_json()
        if name:
            shown["file_name"] = name
        if mime_type or kind in MIME_TYPES:
            shown["mime_type"] = mime_type or MIME_TYPES[kind]
        return {kind: shown | ({"duration": 3} if kind in MIME_TYPES else {})}

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
