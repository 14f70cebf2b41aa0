"""The Alembic environment. A change in ``tables`` needs a new file in ``versions``; a test checks that they agree."""
