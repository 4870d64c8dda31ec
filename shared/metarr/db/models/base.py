"""What all models share: the registry, the types of columns, and the lock columns of editable entities."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    MetaData,
    Numeric,
    Text,
    false,
    func,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, mapped_column

# The names PostgreSQL itself gives, so that models and migrations speak of the same constraints.
NAMES = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}

Id = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
BigInt = Annotated[int, mapped_column(BigInteger)]
Flag = Annotated[bool, mapped_column(server_default=false())]
Enabled = Annotated[bool, mapped_column(server_default=true())]
Now = Annotated[datetime, mapped_column(server_default=func.now())]
Rating = Annotated[float, mapped_column(Numeric(4, 2, asdecimal=False))]
Json = Annotated[Any, mapped_column(JSONB)]
Artwork = Annotated[int, mapped_column(BigInteger, ForeignKey("cache_assets.id"))]


class Base(DeclarativeBase):
    """Root of all models. `class Movie(Base, locks=LOCKABLE)` adds a `{field}_locked` column for each name."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {str: Text(), datetime: DateTime(timezone=True)}  # noqa: RUF012 (SQLAlchemy's own spelling)
    locks: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, *, locks: tuple[str, ...] = (), **options: Any) -> None:
        cls.locks = locks
        for name in locks:
            setattr(cls, f"{name}_locked", mapped_column(Boolean, nullable=False, server_default=false()))
        super().__init_subclass__(**options)

    @classmethod
    def lock(cls, name: str) -> InstrumentedAttribute[bool]:
        """The lock column of a field, list or artwork slot. Raises KeyError for what cannot be locked."""
        if name not in cls.locks:
            raise KeyError(name)
        column: InstrumentedAttribute[bool] = getattr(cls, f"{name}_locked")
        return column


def one_of(column: str, *values: str) -> CheckConstraint:
    """The check of a column that holds one of a few words."""
    words = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({words})", name=column)


def artwork_indexes(table: str, slots: tuple[str, ...]) -> tuple[Index, ...]:
    """An index for each artwork slot, so that deleting a cache asset finds the rows that may point to it."""
    return tuple(
        Index(f"idx_{table}_{slot}", f"{slot}_id", postgresql_where=text(f"{slot}_id IS NOT NULL")) for slot in slots
    )
