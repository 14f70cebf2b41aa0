"""The configuration of a district: its models, its rules, and how YAML files become both."""
