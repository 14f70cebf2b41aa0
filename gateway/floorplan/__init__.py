"""Floor plans: buildings, floors, rooms, doors and cameras, in metres from the site's anchor."""
