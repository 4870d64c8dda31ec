"""The migrated database, the client's document and the models agree."""

import asyncio
import importlib.resources
import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import create_mock_engine

from metarr.db import Connection, Database
from metarr.db.migrate import main, migrate, pending, render, versions
from metarr.db.models import Base, Movie
from metarr.domain.movie import LOCKABLE
from metarr.errors import DatabaseUnavailable
from support.client_schema import CLIENT_SCHEMA
from support.servers import DatabaseUrl

COLUMNS = """
SELECT relation.relname || '.' || attname AS name,
       concat_ws(' ', format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN 'not null' END, attidentity,
                 pg_get_expr(adbin, adrelid)) AS meaning
FROM pg_attribute JOIN pg_class AS relation ON relation.oid = attrelid
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relnamespace = $1::text::regnamespace AND relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped
"""
CONSTRAINTS = """
SELECT conrelid::regclass || ' ' || conname AS name, pg_get_constraintdef(oid) AS meaning
FROM pg_constraint WHERE connamespace = $1::text::regnamespace AND contype IN ('p', 'f', 'u', 'c')
"""
INDEXES = """
SELECT 'index ' || indexname AS name, replace(indexdef, ' ON ' || $1 || '.', ' ON ') AS meaning
FROM pg_indexes WHERE schemaname = $1::text
"""
SEQUENCES = """
SELECT 'sequence ' || sequencename AS name, concat_ws(' ', data_type, start_value, increment_by, cycle, cache_size) AS meaning
FROM pg_sequences WHERE schemaname = $1::text
"""
BELONGS_TO_ALEMBIC = "alembic_version"


@pytest.fixture
async def empty_database_url(postgres: DatabaseUrl) -> AsyncIterator[str]:
    connection = await asyncpg.connect(postgres("postgres"))
    await connection.execute("CREATE DATABASE empty")
    yield postgres("empty")
    await connection.execute("DROP DATABASE empty WITH (FORCE)")
    await connection.close()


async def test_every_table_and_column_of_the_clients_document_exists(db: Database) -> None:
    async with db.read() as conn:
        rows = await conn.fetch(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        )
    present = {(row["table_name"], row["column_name"]) for row in rows}
    named = {(table, column) for table, columns in CLIENT_SCHEMA.items() for column in columns.split()}
    assert named - present == set()


def test_the_clients_document_has_39_tables() -> None:
    assert len(CLIENT_SCHEMA) == 39


async def test_migrations_and_models_describe_the_same_database(db: Database) -> None:
    async with db.transaction() as conn:
        migrated = await _describe(conn, "public")
        await _create_from_models(conn, "modelled")
        modelled = await _describe(conn, "modelled")
    assert migrated == modelled


async def test_everything_lockable_on_a_movie_has_its_lock_column(db: Database) -> None:
    async with db.read() as conn:
        rows = await conn.fetch(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'movies' AND column_name LIKE '%locked'"
        )
    assert {row["column_name"] for row in rows} == {f"{name}_locked" for name in LOCKABLE}


def test_a_model_hands_out_the_locks_it_has() -> None:
    assert Movie.lock("title").key == "title_locked"
    with pytest.raises(KeyError):
        Movie.lock("file_path")


def test_every_model_says_who_writes_its_table() -> None:
    models = [mapper.class_ for mapper in Base.registry.mappers]
    assert [model.__name__ for model in models if not re.search(r"(?i)writes|written", model.__doc__ or "")] == []


async def test_an_empty_database_gets_all_versions_once_although_three_services_start_together(
    empty_database_url: str,
) -> None:
    assert await pending(empty_database_url) == versions()
    applied = await asyncio.gather(*(migrate(empty_database_url) for _ in range(3)))
    assert sorted(applied) == [[], [], versions()]
    assert await pending(empty_database_url) == []


async def test_a_migration_that_was_interrupted_goes_on_where_it_stopped(empty_database_url: str) -> None:
    first, *others = versions()
    connection = await asyncpg.connect(empty_database_url)
    await connection.execute(render(None, first))
    await connection.close()
    assert await migrate(empty_database_url) == others


async def test_migrating_again_changes_nothing(database_url: str) -> None:
    assert await migrate(database_url) == []


async def test_the_clients_table_records_each_version_with_its_name(db: Database) -> None:
    async with db.read() as conn:
        rows = await conn.fetch("SELECT version, name FROM schema_migrations ORDER BY version")
    assert [row["version"] for row in rows] == versions()
    assert all(len(row["name"]) > 10 for row in rows)


async def test_a_database_that_does_not_answer_is_named_unavailable() -> None:
    with pytest.raises(DatabaseUnavailable):
        await migrate("postgresql://nobody@127.0.0.1:1/nothing")


@pytest.mark.parametrize(("url", "code"), [("", 2), ("postgresql://nobody@127.0.0.1:1/nothing", 1)])
def test_the_one_shot_says_by_its_exit_code_what_went_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str, code: int
) -> None:
    monkeypatch.setenv("METARR_DATABASE_URL", url)
    assert main() == code
    assert capsys.readouterr().err.count("\n") == 1


def test_the_migrations_are_part_of_the_package() -> None:
    folder = importlib.resources.files("metarr.db") / "migrations"
    assert folder.joinpath("env.py").is_file()
    assert {script.name[:4] for script in folder.joinpath("versions").iterdir() if script.name[:1].isdigit()} == set(
        versions()
    )


async def _describe(conn: Connection, schema: str) -> dict[str, str]:
    """Every column, constraint, index and sequence by name, in PostgreSQL's own words."""
    await conn.execute(f"SET LOCAL search_path = {schema}")
    rows = [
        row for question in (COLUMNS, CONSTRAINTS, INDEXES, SEQUENCES) for row in await conn.fetch(question, schema)
    ]
    return {row["name"]: row["meaning"] for row in rows if BELONGS_TO_ALEMBIC not in row["name"]}


async def _create_from_models(conn: Connection, schema: str) -> None:
    statements: list[Any] = []
    engine = create_mock_engine("postgresql://", lambda statement, *_, **__: statements.append(statement))
    Base.metadata.create_all(engine, checkfirst=False)
    await conn.execute(f"CREATE SCHEMA {schema}; SET LOCAL search_path = {schema}")
    await conn.execute(";".join(str(statement.compile(dialect=engine.dialect)) for statement in statements))
