"""Opens the database, defines its tables and migrations, and keeps changes that it does not accept. No domain rules."""
