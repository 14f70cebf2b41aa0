"""The RTSP server of the simulated school: one camera a path, with faults on request."""
