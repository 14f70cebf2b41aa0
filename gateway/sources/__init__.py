"""The camera side: pulls RTSP and passes on access units. It knows nothing about viewers, grants or HTTP."""
