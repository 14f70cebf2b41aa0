"""One shared H.264 transcode of a camera, for viewers that can play none of its streams; runs while it is watched."""
