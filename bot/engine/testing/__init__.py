"""Working fakes for every port; they pass the same contract tests as the real ones."""

from bot.engine.testing.clock import FakeClock as FakeClock
from bot.engine.testing.messenger import MemoryMessenger as MemoryMessenger
from bot.engine.testing.model import ScriptedAnswer as ScriptedAnswer
from bot.engine.testing.model import ScriptedLLM as ScriptedLLM
from bot.engine.testing.queue import MemoryTurnQueue as MemoryTurnQueue
from bot.engine.testing.storage import MemoryStorage as MemoryStorage
