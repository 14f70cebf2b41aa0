"""A drawn school: cameras, the RTSP server that serves them, faults on demand. Never imported by the gateway itself."""
