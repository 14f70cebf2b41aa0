"""How figures are shown and judged: tables, charts and targets. Pure."""
