"""Has one module for each version of the schema. Each of them names the one before it."""
