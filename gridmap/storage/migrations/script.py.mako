"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
"""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None
# The newest migration of the oldest program that may go on using the schema: ADR 16. Its own serves nobody older.
serves_since = ${repr(up_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
