"""What is remembered, in SQLite or PostgreSQL."""

from storage.database import Database, open_database
from storage.turn_queue import EmbeddedTurnQueue

__all__ = ["Database", "EmbeddedTurnQueue", "open_database"]
