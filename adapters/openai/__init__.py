"""The language model: any server that speaks OpenAI's chat completions."""

from adapters.openai.llm import OpenAIModel
from adapters.openai.tokens import count_tokens, load_encoding

__all__ = ["OpenAIModel", "count_tokens", "load_encoding"]
