"""Takes triggers from panic buttons and from pages.

Each module authenticates them and passes them to the trigger pass.
"""
