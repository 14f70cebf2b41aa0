"""Makes the pictures of a simulated camera: draws a scene, writes the time into its pixels, and encodes it."""
