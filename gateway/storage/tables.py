"""Defines every table of the database.

Times are steady seconds since 1970 (``clock``), except that records and invitations use wall seconds. Ids are random
text unless the class says otherwise. Secrets that a person or device presents (cookies, invitation codes) are stored
only as SHA-256. The private signing keys are stored whole, so only the gateway's own account may read the file.
"""

from typing import Any

from sqlalchemy import BigInteger, Double, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import JSON

SHA256 = LargeBinary(32)
Name = Text()  # A limit on what people and senders write could refuse an alarm.
Id = String(64)
Word = String(32)
Serial = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only if the key is INTEGER.


class Base(DeclarativeBase):
    """Serves as the base of every table. It names constraints, so that later migrations can refer to them."""

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
    """Stores an incident. The database itself ensures that a site has at most one open incident of each kind."""

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
    """Stores a panic button's signed message and its answer, so that a retry gets the same answer."""

    __tablename__ = "webhook_deliveries"

    webhook_id: Mapped[str] = mapped_column(Id, primary_key=True)
    message_id: Mapped[str] = mapped_column(String(256), primary_key=True)
    body_sha256: Mapped[bytes]
    received_at: Mapped[float] = mapped_column(index=True)
    status: Mapped[int]
    answer: Mapped[dict[str, Any]]
    incident_id: Mapped[str | None] = mapped_column(ForeignKey("incidents.id"))


class ConsolePressRow(Base):
    """Stores a press of the trigger on a page, with the key that the page made for it. Retries are answered from it.

    ``room`` is the room that the page named. ``incident_id`` is None if the press was refused because a real incident
    was open.
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
    """Stores an audit record. ``id`` only grows, and ``event_id`` keeps a spooled record from being entered twice.

    ``at`` is cut to 1/100 s, and ``utc_offset`` is the district's offset at that time, in seconds east of UTC. There
    are no foreign keys, because a record must never be refused because of what it refers to.
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
    """Adds the columns for the person or device of a sign-in or an invitation. Empty ``site_ids`` mean all sites."""

    principal_id: Mapped[str] = mapped_column(Name, index=True)
    principal_name: Mapped[str] = mapped_column(Name)
    role: Mapped[str] = mapped_column(Word)
    site_ids: Mapped[list[Any]]


class SignInSessionRow(PrincipalColumns, Base):
    """Stores a sign-in. ``id`` is public, as tokens and records contain it. The cookie is kept only as SHA-256."""

    __tablename__ = "sign_in_sessions"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    cookie_sha256: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[float]
    expires_at: Mapped[float] = mapped_column(index=True)
    ended_at: Mapped[float | None]


class InvitationRow(PrincipalColumns, Base):
    """Stores a single-use sign-in link. ``redeemed_at`` is set once the link has been used."""

    __tablename__ = "invitations"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    code_sha256: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[float]
    expires_at: Mapped[float]
    redeemed_at: Mapped[float | None]


class RevocationRow(Base):
    """Revokes a token, sign-in or grant. ``subject`` is ``token``, ``session`` or ``grant``.

    After ``expires_at`` the subject would have ended anyway, and the row may be deleted. None means never.
    """

    __tablename__ = "revocations"

    subject: Mapped[str] = mapped_column(Word, primary_key=True)
    subject_id: Mapped[str] = mapped_column(Id, primary_key=True)
    revoked_at: Mapped[float]
    expires_at: Mapped[float | None]
    revoked_by: Mapped[str | None] = mapped_column(Name)


class SigningKeyRow(Base):
    """Stores a key. It signs tokens until ``retired_at`` is set, and verifies them as long as the row exists."""

    __tablename__ = "signing_keys"

    kid: Mapped[str] = mapped_column(Id, primary_key=True)
    algorithm: Mapped[str] = mapped_column(Word)
    private_pem: Mapped[str] = mapped_column(Text)
    created_at: Mapped[float]
    retired_at: Mapped[float | None]


class GrantRow(Base):
    """Stores a grant. It lives while ``ended_at`` is None."""

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


class PlanVersionRow(Base):
    """Stores a published version of a school's floor plan, as the GeoJSON text that was published. No version is ever
    changed or deleted. ``restores`` is the number of the version that it brings back, if any."""

    __tablename__ = "plan_versions"

    site_id: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[str] = mapped_column(Text)
    sha256: Mapped[bytes]
    published_at: Mapped[float]
    published_by: Mapped[str] = mapped_column(Name)
    approved_by: Mapped[str | None] = mapped_column(Name)
    note: Mapped[str] = mapped_column(Text)
    restores: Mapped[int | None]


class PlanDraftRow(Base):
    """Stores the draft of a school's floor plan. ``revision`` grows with every save.

    ``proposed_by_id`` is set while the draft is waiting for the approval of the other side.
    """

    __tablename__ = "plan_drafts"

    site_id: Mapped[str] = mapped_column(Id, primary_key=True)
    document: Mapped[str] = mapped_column(Text)
    revision: Mapped[int]
    saved_at: Mapped[float]
    saved_by: Mapped[str] = mapped_column(Name)
    restores: Mapped[int | None]
    proposed_at: Mapped[float | None]
    proposed_by_id: Mapped[str | None] = mapped_column(Name)
    proposed_by: Mapped[str | None] = mapped_column(Name)
    note: Mapped[str] = mapped_column(Text)
