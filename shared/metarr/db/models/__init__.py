"""The client's tables as SQLAlchemy models, by media."""
