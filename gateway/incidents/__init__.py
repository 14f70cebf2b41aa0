"""What is going on at a school: the incident state machine (pure) and the service that keeps it on disk."""
