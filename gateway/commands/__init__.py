"""Runs the commands of the command line, one module each. They print what people read; services do the work."""
