"""What a district configures, and how YAML becomes it. Knows no floor plan: config_loader.py joins the two."""
