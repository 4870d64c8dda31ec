"""The tables as SQLAlchemy models, by media."""

from metarr.db.models.base import Base

__all__ = ["Base"]
