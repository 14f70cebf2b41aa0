"""Translates HTTP requests and the event channel to services and back, with aiohttp. It decides nothing."""
