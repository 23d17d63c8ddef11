"""What is remembered, in SQLite or PostgreSQL."""

from storage.backup import back_up
from storage.database import Database, open_database
from storage.kept_ledger import KeptLedger
from storage.procrastinate_queue import ProcrastinateTurnQueue
from storage.shared_ledger import SharedLedger
from storage.turn_queue import EmbeddedTurnQueue

__all__ = [
    "Database",
    "EmbeddedTurnQueue",
    "KeptLedger",
    "ProcrastinateTurnQueue",
    "SharedLedger",
    "back_up",
    "open_database",
]
