"""The simulated school's RTSP server: one camera a path, with faults on request."""
