"""Handles triggers from panic buttons and from pages.

The modules authenticate them and pass them to the trigger pass.
"""
