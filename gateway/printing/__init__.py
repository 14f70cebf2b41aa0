"""Prints floor plans as PDF, to be carried in a car or put into a locker. It draws what ``floorplan`` provides. It
reads no files and decides nothing about permission."""
