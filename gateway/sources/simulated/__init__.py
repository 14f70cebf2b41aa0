"""A drawn school: cameras, the RTSP server that serves them and faults on demand. Never imported by the gateway itself."""
