"""Migrations: env renders them, versions/ holds one file per version, in a line."""
