"""SQLAlchemy tables, Alembic migrations and the one place where the database is opened. No rules of the domain."""
