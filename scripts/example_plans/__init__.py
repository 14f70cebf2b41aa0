"""Writes the example's floor plans from measures in metres: ``python -m scripts.example_plans``.

Districts draw their plans in the editor or a GIS program. The two examples are invented, and a script can keep their
walls straight and their numbers in order. A test compares the files with what this script writes.
"""
