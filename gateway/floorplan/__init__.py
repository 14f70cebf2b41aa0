"""Buildings, floors, rooms, doors and cameras in metres around the site's anchor. Geometry is pure."""
