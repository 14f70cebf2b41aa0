"""What tests and bench stand on: the example district in processes of its own, and viewers of it.

Nothing here imports ``tests`` or ``bench``, and those two do not import each other.
"""
