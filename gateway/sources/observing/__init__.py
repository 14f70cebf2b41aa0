"""Observes what a camera delivers: its delay, its rate, its clock, and what district IT should know about it."""
