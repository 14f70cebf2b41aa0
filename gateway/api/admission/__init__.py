"""Decides who may connect and how much they may ask for, before any route is reached."""
