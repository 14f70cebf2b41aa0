"""Defines what a district may configure, and reads it from YAML files."""
