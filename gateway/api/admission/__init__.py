"""Decides who may connect and how much they may request, before any route is reached."""
