"""Makes one H.264 transcode per camera, while it is watched, for all viewers that can play none of its streams."""
