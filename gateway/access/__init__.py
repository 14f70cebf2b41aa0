"""Decides who may see and do what. One pure policy decides, and grants depend on it. No other package decides."""
