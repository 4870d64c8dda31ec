"""The job queue, its workers, and what comes in and goes out around it."""

from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, Sequence, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from metarr.db.models.base import Base, BigInt, Flag, Id, Json, Now, one_of

JOB_READY_SEQ = Sequence("job_ready_seq", metadata=Base.metadata)
"""Places in the line: a job that can run now has one of these in ready_seq."""


class Job(Base):
    """A job. Written by metarr.queue and metarr.runtime for all services.

    kind names the payload Struct and routes the job; job_type is the client's class of work. Only what can run now has a
    ready_seq. lease grows with every claim and fences off a worker that was given up; attempts counts claims, retry_count
    failures, crashes workers lost.
    """

    __tablename__ = "job_queue"
    __table_args__ = (
        one_of("job_type", "webhook", "enrichment", "scan", "publish", "cleanup", "playback_restore"),
        one_of("status", "pending", "running", "completed", "failed", "cancelled"),
        CheckConstraint("priority BETWEEN 1 AND 10", name="priority"),
        Index(
            "idx_jobs_status_priority",
            "service",
            "priority",
            "ready_seq",
            postgresql_where=text("status = 'pending' AND ready_seq IS NOT NULL"),
        ),
        Index(
            "idx_jobs_retry",
            "next_retry_at",
            postgresql_where=text("status = 'pending' AND ready_seq IS NULL AND unmet_dependencies = 0"),
        ),
        Index("idx_jobs_worker", "worker_id", postgresql_where=text("status = 'running'")),
        Index(
            "idx_jobs_unique_pending",
            "unique_key",
            unique=True,
            postgresql_where=text("status = 'pending' AND unique_key IS NOT NULL"),
        ),
        Index(
            "idx_jobs_unique_running",
            "unique_key",
            postgresql_where=text("status = 'running' AND unique_key IS NOT NULL"),
        ),
        Index("idx_jobs_entity", "entity_type", "entity_id", postgresql_where=text("entity_id IS NOT NULL")),
        Index(
            "idx_jobs_finished",
            "status",
            "completed_at",
            postgresql_where=text("status IN ('completed', 'failed', 'cancelled')"),
        ),
        Index("idx_jobs_cancelled_by", "cancelled_by", postgresql_where=text("cancelled_by IS NOT NULL")),
        Index("idx_jobs_created", "created_at", postgresql_using="brin"),
        Index("idx_jobs_held", "held_by", "id", postgresql_where=text("status = 'pending' AND held_by IS NOT NULL")),
    )

    id: Mapped[Id]
    job_type: Mapped[str]
    kind: Mapped[str]
    service: Mapped[str]
    priority: Mapped[int] = mapped_column(server_default=text("5"))
    status: Mapped[str] = mapped_column(server_default="pending")
    payload: Mapped[Json] = mapped_column(nullable=False)
    result: Mapped[Json | None]
    error_message: Mapped[str | None]
    entity_type: Mapped[str | None]
    entity_id: Mapped[BigInt | None]
    trace_id: Mapped[str | None]
    unique_key: Mapped[str | None]
    ready_seq: Mapped[BigInt | None]
    debounce_until: Mapped[datetime | None]
    unmet_dependencies: Mapped[int] = mapped_column(server_default=text("0"))
    has_dependents: Mapped[Flag]
    retry_count: Mapped[int] = mapped_column(server_default=text("0"))
    max_retries: Mapped[int] = mapped_column(server_default=text("3"))
    next_retry_at: Mapped[datetime | None]
    lease: Mapped[int] = mapped_column(server_default=text("0"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    crashes: Mapped[int] = mapped_column(server_default=text("0"))
    cancel_requested: Mapped[Flag]
    cancelled_by: Mapped[BigInt | None]
    held_by: Mapped[str | None]
    worker_id: Mapped[str | None]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class JobDependency(Base):
    """A job that waits for another; satisfied_at is set when the other completed. Written by metarr.queue."""

    __tablename__ = "job_dependencies"
    __table_args__ = (
        UniqueConstraint("job_id", "depends_on_job_id"),
        CheckConstraint("job_id <> depends_on_job_id", name="self"),
        Index("idx_job_deps_depends", "depends_on_job_id"),
        Index("idx_job_deps_open", "depends_on_job_id", postgresql_where=text("satisfied_at IS NULL")),
    )

    id: Mapped[Id]
    job_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("job_queue.id", ondelete="CASCADE"))
    depends_on_job_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("job_queue.id", ondelete="CASCADE"))
    satisfied_at: Mapped[datetime | None]
    created_at: Mapped[Now]


class Worker(Base):
    """A running process of a service; one whose beats stopped loses its jobs. Written by metarr.queue.

    worker_id is new with every start, name is what the process is called: of two with one name the younger stays.
    """

    __tablename__ = "workers"

    worker_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(server_default="")
    service: Mapped[str]
    host: Mapped[str]
    pid: Mapped[int]
    version: Mapped[str]
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    started_at: Mapped[Now]
    heartbeat_at: Mapped[Now]
    beats: Mapped[BigInt] = mapped_column(server_default=text("0"))
    stopping: Mapped[Flag]


class QueuePause(Base):
    """A part of the queue that stands still: `service:scanner`, `library:3`, `provider:tmdb`. Written by metarr.queue."""

    __tablename__ = "queue_pauses"

    scope: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str | None]
    paused_at: Mapped[Now]


class WebhookEvent(Base):
    """A delivery of Radarr, Sonarr or Lidarr; it outlives its job. Written by the API, processed* by the scanner."""

    __tablename__ = "webhook_events"
    __table_args__ = (
        one_of("source", "radarr", "sonarr", "lidarr"),
        Index("idx_webhook_events_source", "source"),
        Index("idx_webhook_events_processed", "created_at", postgresql_where=text("NOT processed")),
        Index("idx_webhook_events_created", "created_at"),
        Index("idx_webhook_events_job", "job_id"),
    )

    id: Mapped[Id]
    source: Mapped[str]
    event_type: Mapped[str]
    payload: Mapped[Json] = mapped_column(nullable=False)
    processed: Mapped[Flag]
    job_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("job_queue.id", ondelete="SET NULL"))
    created_at: Mapped[Now]
    processed_at: Mapped[datetime | None]


class OutgoingEvent(Base):
    """A fact on its way to JetStream; the row goes when the stream has it. Written by metarr.runtime.

    undeliverable says why the stream will never take it; such a row stays for a person to see.
    """

    __tablename__ = "event_outbox"
    __table_args__ = (UniqueConstraint("message_id"),)

    id: Mapped[Id]
    subject: Mapped[str]
    message_id: Mapped[str]
    payload: Mapped[Json] = mapped_column(nullable=False)
    trace_id: Mapped[str | None]
    undeliverable: Mapped[str | None]
    created_at: Mapped[Now]
