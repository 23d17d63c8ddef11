"""What is remembered, in SQLite or PostgreSQL."""

from storage.backup import back_up
from storage.database import Database, open_database
from storage.kept_paces import KeptPaces
from storage.procrastinate_queue import ProcrastinateTurnQueue
from storage.shared_paces import SharedPaces
from storage.turn_queue import EmbeddedTurnQueue

__all__ = [
    "Database",
    "EmbeddedTurnQueue",
    "KeptPaces",
    "ProcrastinateTurnQueue",
    "SharedPaces",
    "back_up",
    "open_database",
]
