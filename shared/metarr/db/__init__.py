"""Tables, queries and migrations: all SQL of the house but the queue's."""

from metarr.db.database import CONFLICTS, Connection, Database, WritingTransaction

__all__ = ["CONFLICTS", "Connection", "Database", "WritingTransaction"]
