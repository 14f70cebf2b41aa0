"""One H.264 transcode a camera, shared by all viewers that can play none of its streams. It runs only while watched."""
