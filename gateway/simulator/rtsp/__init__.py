"""Serves the simulated school over RTSP: one camera per path, with faults on request."""
