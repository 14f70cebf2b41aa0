"""The camera side: pulls RTSP and passes on access units. Knows nothing of viewers, grants or HTTP."""
