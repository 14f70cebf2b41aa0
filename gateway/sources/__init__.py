"""Camera side: pulls RTSP, hands on access units. Knows nothing of viewers, grants or HTTP."""
