"""Serves the simulated school by RTSP: one camera per path, with faults on request."""
