"""Makes one H.264 transcode per camera, while it is watched, for all viewers that cannot play any of its streams."""
