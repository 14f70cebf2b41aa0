"""Runs the commands of the command line, one module each. They print for people; services do the work."""
