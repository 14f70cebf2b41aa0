"""Simulates a school: drawn cameras, the RTSP server that serves them, and faults on demand. The gateway never
imports it."""
