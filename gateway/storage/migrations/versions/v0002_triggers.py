"""Adds every incident's triggers, a description of its threat, and the keys of presses on a page.

An incident of the first version gets one trigger: the one in its row, dated to its newest alarm.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_TRIGGERS = """
    json_array(json_object(
        'trigger', "trigger", 'by', triggered_by, 'room_id', room_id, 'note', note, 'place', '',
        'at', last_alarm_at, 'alarm', json('true'), 'key', NULL
    ))
"""
_THREAT = """
    CASE kind WHEN 'real' THEN 'Real lockdown' WHEN 'drill' THEN 'Drill, without a threat to anybody,'
        ELSE 'Test, without a threat to anybody,' END
    || ' at ' || site_id || CASE WHEN room_id IS NULL THEN '' ELSE ', ' || room_id END
    || ', triggered by ' || triggered_by || CASE note WHEN '' THEN '' ELSE ': \u201c' || note || '\u201d' END
"""


def upgrade() -> None:
    """Apply this version."""
    op.add_column("incidents", sa.Column("place", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("incidents", sa.Column("triggers", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("incidents", sa.Column("unconfirmed", sa.Integer(), server_default="0", nullable=False))
    op.add_column("incidents", sa.Column("threat", sa.Text(), server_default=sa.text("''"), nullable=False))
    # Mark old alarms as reported, so that the migration causes no reports that they were not confirmed.
    op.execute(f"UPDATE incidents SET triggers = {_TRIGGERS}, threat = {_THREAT}, unconfirmed = alarms")  # noqa: S608  constants
    op.create_table(
        "console_presses",
        sa.Column("principal_id", sa.Text(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("site_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("room", sa.Text(), nullable=True),
        sa.Column("received_at", sa.Double(), nullable=False),
        sa.Column("incident_id", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name=op.f("fk_console_presses_incident_id")),
        sa.PrimaryKeyConstraint("principal_id", "key", name=op.f("pk_console_presses")),
    )
    op.create_index(op.f("ix_console_presses_received_at"), "console_presses", ["received_at"], unique=False)
    op.create_index(op.f("ix_webhook_deliveries_received_at"), "webhook_deliveries", ["received_at"], unique=False)
