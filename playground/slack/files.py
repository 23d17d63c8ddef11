"""A file as the workspace keeps it."""

import mimetypes
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class File:
    """`expected` is the size that an upload was announced with; `shared` once it was completed.

    `places` are the channels that it stands in: who is in none of them does not see it.
    """

    id: str
    name: str
    user: str
    bytes: bytes = b""
    expected: int = 0
    shared: bool = False
    title: str = ""
    deleted: bool = False
    places: set[str] = field(default_factory=set)

    @property
    def mimetype(self) -> str:
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    def wire(self, base_url: str) -> dict[str, Any]:
        address = f"{base_url}/files/{self.id}/{self.name}"
        kind = self.name.rpartition(".")[2] or "binary"
        shown = {
            "id": self.id,
            "name": self.name,
            "title": self.title or self.name,
            "mimetype": self.mimetype,
            "filetype": kind,
        }
        size = {"size": len(self.bytes), "mode": "hosted", "user": self.user, "file_access": "visible"}
        return {**shown, **size, "url_private": address, "url_private_download": address}

    def tombstone(self) -> dict[str, Any]:
        """Show what stands in messages once the file is deleted."""
        return {"id": self.id, "mode": "tombstone"}

    def stub(self) -> dict[str, Any]:
        """Show what Slack Connect sends instead: the app has to ask `files.info`."""
        return {"id": self.id, "file_access": "check_file_info"}
