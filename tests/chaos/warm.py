"""What the fork server has ready before it forks: everything imported, the tokenizer loaded."""

from adapters.openai import load_encoding
from tests.chaos import crashing_process

__all__ = ["crashing_process"]

load_encoding()
