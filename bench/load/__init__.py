"""The work that servers are given, in separate processes: cameras, viewers, and loads that may not delay an alarm."""
