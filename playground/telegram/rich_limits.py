"""How large a rich message is, and how large it may be."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from playground.telegram.errors import bad_request
from playground.telegram.rich_blocks import MEDIA, Block
from playground.telegram.rich_text import RichText, levels, plain

MOST_CHARACTERS = 32768
MOST_BLOCKS = 500
MOST_LEVELS = 16
MOST_MEDIA = 50
MOST_COLUMNS = 20


@dataclass(frozen=True)
class Size:
    """What Telegram counts: list items and table rows count as blocks, formatting as levels."""

    characters: int = 0
    blocks: int = 0
    levels: int = 0
    media: int = 0
    columns: int = 0

    def __add__(self, other: "Size") -> "Size":
        return Size(
            self.characters + other.characters,
            self.blocks + other.blocks,
            max(self.levels, other.levels),
            self.media + other.media,
            max(self.columns, other.columns),
        )


def check_size(blocks: list[Block]) -> None:
    """Refuse a message that is too large; the codes were seen from the real service."""
    size = measured(blocks)
    for is_over, reason in (
        (size.characters > MOST_CHARACTERS, "TEXT_TOO_LONG"),
        (size.blocks > MOST_BLOCKS, "BLOCKS_TOO_MANY"),
        (size.levels > MOST_LEVELS, "DEPTH_INVALID"),
        (size.media > MOST_MEDIA, "MEDIA_TOO_MANY"),
        (size.columns > MOST_COLUMNS, "TABLE_COLS_TOO_MANY"),
    ):
        if is_over:
            raise bad_request(f"RICH_MESSAGE_{reason}")


def measured(blocks: list[Block], level: int = 1) -> Size:
    """Measure blocks that stand so deep."""
    return sum((_measured_block(block, level) for block in blocks), Size())


def _measured_block(block: Block, level: int) -> Size:
    size = Size(blocks=1, levels=level, media=int(block["type"] in MEDIA))
    for text in texts_of(block):
        size += Size(len(plain(text)), levels=level + levels(text))
    for item in block.get("items", []):
        size += Size(blocks=1, levels=level + 1) + measured(item["blocks"], level + 2)
    for row in block.get("cells", []):
        size += Size(blocks=1, columns=sum(cell.get("colspan", 1) for cell in row))
    return size + measured(block.get("blocks", []), level + 1)


def texts_of(block: Block) -> Iterator[RichText]:
    """Give every text that belongs to a block itself, in the order in which one reads them."""
    yield from (block[name] for name in ("summary", "text", "expression") if name in block)
    yield from (cell["text"] for row in block.get("cells", []) for cell in row if "text" in cell)
    yield from (button["text"] for button in block.get("buttons", []))
    caption: Any = block.get("caption", "")
    yield from (caption.get(name, "") for name in ("text", "credit")) if _is_titled(caption) else [caption]
    yield block.get("credit", "")


def _is_titled(caption: Any) -> bool:
    """Tell the caption of a medium, which has two texts, from that of a table, which is one."""
    return isinstance(caption, dict) and "type" not in caption


def plain_text(blocks: list[Block]) -> str:
    """Give what a person reads, a line for each block."""
    lines: list[str] = []
    for block in blocks:
        words = " ".join(filter(None, map(plain, texts_of(block))))
        held = [plain_text(item["blocks"]) for item in block.get("items", [])] + [plain_text(block.get("blocks", []))]
        lines += [line for line in (words, *held) if line]
    return "\n".join(lines)
