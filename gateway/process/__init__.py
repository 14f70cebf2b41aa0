"""Holds what our processes need from the machine: signals, open files, the environment, the log, and name
look-ups. Nothing here knows about cameras, viewers or permission.
"""
