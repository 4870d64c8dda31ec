"""Tables, queries and migrations: all SQL of the house but the queue's."""

from metarr.db.database import Connection, Database

__all__ = ["Connection", "Database"]
