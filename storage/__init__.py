"""What is remembered, in SQLite or PostgreSQL."""

from storage.backup import back_up
from storage.database import Database, open_database
from storage.procrastinate_queue import ProcrastinateTurnQueue
from storage.turn_queue import EmbeddedTurnQueue

__all__ = ["Database", "EmbeddedTurnQueue", "ProcrastinateTurnQueue", "back_up", "open_database"]
