"""Alembic environment. A change of ``tables`` comes with a new file in ``versions``; a test holds them equal."""
