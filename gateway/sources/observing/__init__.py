"""Observes what a camera delivers: how late, how fast, by which clock, and what district IT should know."""
