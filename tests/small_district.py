"""Writes the files of a small district, with one school and two cameras: ``main.yaml`` names the others."""

import json
from pathlib import Path

from tests.floorplan.drawing import camera, school

SECRET = "hunter2-hunter2-hunter2-hunter2"
MAIN = f"""\
district: Small District
http:
  port: 8080
agreements:
  - agreement.yaml
sites:
  - id: small
    name: Small School
    plan: small.geojson
    webhooks:
      - id: panic
        name: Panic buttons
        secret: {SECRET}
    cameras:
      - id: gym
        name: Gym
        main: {{url: "rtsp://10.0.0.5:554/main"}}
        sub: {{url: "rtsp://[2001:db8::5]/sub?x=1"}}
        password: {SECRET}
      - id: front
        name: Front
        main:
          url: rtsp://10.0.0.6/main
"""
AGREEMENT = """\
site: small
legal_basis: An agreement
valid_until: 2029-06-30
cameras:
  gym: always
"""


def small_district(directory: Path) -> Path:
    """Write the files of a district into ``directory``. Return it."""
    (directory / "main.yaml").write_text(MAIN)
    (directory / "agreement.yaml").write_text(AGREEMENT)
    plan = school(camera("gym", (1, 13), 90), camera("front", (17, 1), 0))
    (directory / "small.geojson").write_text(json.dumps(plan))
    return directory


def edit(path: Path, *changes: tuple[str, str]) -> None:
    """Replace texts in a file, each of which must be there."""
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text)
