"""Code that tests and bench share: the example district in its own processes, and viewers.

Nothing here imports ``tests`` or ``bench``, and those two do not import each other.
"""
