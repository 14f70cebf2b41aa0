"""Contains one module per version of the schema. Each module names the version before it."""
