"""Knows the incidents of every school: a pure state machine, and the service that keeps its state on disk."""
