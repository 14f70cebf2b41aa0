"""Prints floor plans as PDF, to be carried in a car or put into a locker. It draws what ``floorplan`` knows, and reads
and decides nothing."""
