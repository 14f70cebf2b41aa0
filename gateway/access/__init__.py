"""Decides who may see and do what. One pure policy decides, and grants live and die by it. No other package decides."""
