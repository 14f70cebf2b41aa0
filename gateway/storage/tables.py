"""Every durable table. Times are steady seconds since 1970 (``clock``), of records and invitations wall seconds.
Ids are random text unless said otherwise.

Secrets that a person or device presents (cookies, invitation codes) are stored as SHA-256 only. The private signing
keys are stored whole: the file is readable by the gateway's own account alone.
"""

from typing import Any

from sqlalchemy import BigInteger, Double, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import JSON

SHA256 = LargeBinary(32)
Name = Text()  # what people and senders write has no length that could refuse an alarm
Id = String(64)
Word = String(32)
Serial = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only in an INTEGER key


class Base(DeclarativeBase):
    """Constraints are named, so that a later migration can name them too."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {float: Double, dict[str, Any]: JSON, list[Any]: JSON, bytes: SHA256}  # noqa: RUF012  SQLAlchemy's own form


class IncidentRow(Base):
    """One ``models.Incident``. The database itself holds "at most one open incident a site and kind"."""

    __tablename__ = "incidents"
    __table_args__ = (
        Index(
            "uq_incidents_open",
            "site_id",
            "kind",
            unique=True,
            sqlite_where=text("state = 'open'"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    site_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(Word)
    state: Mapped[str] = mapped_column(Word, index=True)
    trigger: Mapped[str] = mapped_column(Word)
    triggered_by: Mapped[str] = mapped_column(Name)
    room_id: Mapped[str | None] = mapped_column(Name)
    note: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(Text, server_default=text("''"))
    triggers: Mapped[list[Any]] = mapped_column(JSON, server_default="[]")
    unconfirmed: Mapped[int] = mapped_column(server_default="0")
    threat: Mapped[str] = mapped_column(Text, server_default=text("''"))
    opened_at: Mapped[float]
    ends_at: Mapped[float]
    alarms: Mapped[int]
    last_alarm_at: Mapped[float]
    repeats: Mapped[int]
    warnings_sent: Mapped[list[Any]]
    acknowledgements: Mapped[list[Any]]
    enrolled: Mapped[list[Any]]
    closed_at: Mapped[float | None]
    closed_by: Mapped[str | None] = mapped_column(Name)


class WebhookDeliveryRow(Base):
    """A signed message of a panic button and the answer it got, so that its retry gets the same one."""

    __tablename__ = "webhook_deliveries"

    webhook_id: Mapped[str] = mapped_column(Id, primary_key=True)
    message_id: Mapped[str] = mapped_column(String(256), primary_key=True)
    body_sha256: Mapped[bytes]
    received_at: Mapped[float] = mapped_column(index=True)
    status: Mapped[int]
    answer: Mapped[dict[str, Any]]
    incident_id: Mapped[str | None] = mapped_column(ForeignKey("incidents.id"))


class ConsolePressRow(Base):
    """One press of the trigger on a page, by the key that the page made for it; a retry is answered by this row.

    ``room`` is what the page asked for. ``incident_id`` None: the press was refused, since a real incident was open.
    """

    __tablename__ = "console_presses"

    principal_id: Mapped[str] = mapped_column(Name, primary_key=True)
    key: Mapped[str] = mapped_column(Id, primary_key=True)
    site_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(Word)
    room: Mapped[str | None] = mapped_column(Name)
    received_at: Mapped[float] = mapped_column(index=True)
    incident_id: Mapped[str | None] = mapped_column(ForeignKey("incidents.id"))


class AuditRow(Base):
    """One record. ``id`` only grows; ``event_id`` keeps a spooled record from being entered twice.

    ``at`` is exact to 1/100 s; ``utc_offset`` is the district's, in seconds east, when it happened. No foreign keys:
    a record may never be refused for what it refers to.
    """

    __tablename__ = "audit_records"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    event_id: Mapped[str] = mapped_column(Id, unique=True)
    at: Mapped[float] = mapped_column(index=True)
    utc_offset: Mapped[int]
    kind: Mapped[str] = mapped_column(Word)
    outcome: Mapped[str] = mapped_column(Word)
    reason: Mapped[str | None] = mapped_column(Text)
    principal_id: Mapped[str | None] = mapped_column(Name)
    principal_name: Mapped[str | None] = mapped_column(Name)
    role: Mapped[str | None] = mapped_column(Word)
    site_id: Mapped[str | None] = mapped_column(Id)
    camera_id: Mapped[str | None] = mapped_column(Id)
    incident_id: Mapped[str | None] = mapped_column(Id, index=True)
    origin_address: Mapped[str | None] = mapped_column(Id)
    detail: Mapped[dict[str, Any]]


class PrincipalColumns:
    """Who a sign-in or an invitation stands for. ``site_ids`` empty means all sites."""

    principal_id: Mapped[str] = mapped_column(Name, index=True)
    principal_name: Mapped[str] = mapped_column(Name)
    role: Mapped[str] = mapped_column(Word)
    site_ids: Mapped[list[Any]]


class SignInSessionRow(PrincipalColumns, Base):
    """A signed-in person or device. ``id`` is public (tokens and records name it); the cookie is kept as SHA-256."""

    __tablename__ = "sign_in_sessions"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    cookie_sha256: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[float]
    expires_at: Mapped[float] = mapped_column(index=True)
    ended_at: Mapped[float | None]


class InvitationRow(PrincipalColumns, Base):
    """A single-use sign-in link; used once ``redeemed_at`` is set."""

    __tablename__ = "invitations"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    code_sha256: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[float]
    expires_at: Mapped[float]
    redeemed_at: Mapped[float | None]


class RevocationRow(Base):
    """A token, session or grant that holds no more. ``subject`` is ``token``, ``session`` or ``grant``.

    After ``expires_at`` what it names would have ended by itself and the row may be forgotten; None: never.
    """

    __tablename__ = "revocations"

    subject: Mapped[str] = mapped_column(Word, primary_key=True)
    subject_id: Mapped[str] = mapped_column(Id, primary_key=True)
    revoked_at: Mapped[float]
    expires_at: Mapped[float | None]
    revoked_by: Mapped[str | None] = mapped_column(Name)


class SigningKeyRow(Base):
    """A token signing key. It signs until ``retired_at`` is set, and verifies as long as the row exists."""

    __tablename__ = "signing_keys"

    kid: Mapped[str] = mapped_column(Id, primary_key=True)
    algorithm: Mapped[str] = mapped_column(Word)
    private_pem: Mapped[str] = mapped_column(Text)
    created_at: Mapped[float]
    retired_at: Mapped[float | None]


class GrantRow(Base):
    """One ``models.Grant``; it lives while ``ended_at`` is None."""

    __tablename__ = "grants"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    principal_id: Mapped[str] = mapped_column(Name, index=True)
    role: Mapped[str] = mapped_column(Word)
    site_id: Mapped[str] = mapped_column(Id)
    camera_ids: Mapped[list[Any]]
    basis: Mapped[str] = mapped_column(Word)
    incident_id: Mapped[str | None] = mapped_column(ForeignKey("incidents.id"), index=True)
    created_at: Mapped[float]
    ended_at: Mapped[float | None] = mapped_column(index=True)
    end_reason: Mapped[str | None] = mapped_column(Word)
