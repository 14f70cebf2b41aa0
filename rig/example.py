"""Names the folder and the secrets of the example district in ``config/``."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
SECRET = "the-secret-of-a-panic-button"
"""The secret of Lincoln's webhook."""
ENVIRONMENT = {
    "SIGHTLINE_CAMERA_PASSWORD": "camera-pass",
    "SIGHTLINE_LINCOLN_WEBHOOK_SECRET": SECRET,
    "SIGHTLINE_OAK_WEBHOOK_SECRET": "the-secret-of-another-panic-button",
}
"""Every secret of the example district."""
