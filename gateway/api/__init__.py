"""aiohttp routes and the event channel. Translates HTTP to services and back; decides nothing."""
