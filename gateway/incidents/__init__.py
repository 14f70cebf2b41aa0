"""Knows the incidents of each school: a state machine that is pure, and the service that keeps its state on disk."""
