"""The gateway with picture health off, for the bench alone: the same command line as ``python -m gateway``.

In service picture health has no switch: a frozen picture must never look live. What it costs is the difference.
"""

from gateway.cli import main
from gateway.health.picture import PictureHealth

if __name__ == "__main__":
    setattr(PictureHealth, "feed", lambda *_: None)  # noqa: B010 - a method of ours, replaced on purpose
    main()
