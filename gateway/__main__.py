"""Running ``python -m gateway`` is the same as running the command ``sightline``."""

from gateway.cli import main

if __name__ == "__main__":
    main()
