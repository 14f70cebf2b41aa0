"""Sets up Alembic. A change in ``tables`` needs a new file in ``versions``, and a test checks that they agree."""
