"""Opens the database, defines its tables and migrations, and keeps what it does not take. It has no domain rules."""
