"""What a person sets, and which migrations the database has seen."""

from sqlalchemy import Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from metarr.db.models.base import Base, Enabled, Id, Now


class ProviderConfig(Base):
    """A provider's key, budget and place in line (lower first, NULL last). Written by the API; seeded by the enricher."""

    __tablename__ = "provider_config"
    __table_args__ = (UniqueConstraint("provider_name"), Index("idx_provider_config_priority", "priority"))

    id: Mapped[Id]
    provider_name: Mapped[str]
    enabled: Mapped[Enabled]
    api_key: Mapped[str | None]
    rate_limit_per_second: Mapped[float | None] = mapped_column(Numeric(8, 3, asdecimal=False))
    priority: Mapped[int | None]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class AppSetting(Base):
    """One setting; `value` is JSON text, `library.<id>.<key>` overrides `<key>`. Written by the API."""

    __tablename__ = "app_settings"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    updated_at: Mapped[Now]


class SchemaMigration(Base):
    """A migration that was applied. Written by Alembic's version hook in metarr.db.migrations.env."""

    __tablename__ = "schema_migrations"
    __table_args__ = (UniqueConstraint("version"),)

    id: Mapped[Id]
    version: Mapped[str]
    name: Mapped[str]
    applied_at: Mapped[Now]
