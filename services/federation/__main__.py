"""`python -m federation` serves; `python -m federation migrate` brings its schema up to date."""

from federation.bootstrap import build
from federation.settings import FederationSettings
from kit.service import main

if __name__ == "__main__":
    main("federation", FederationSettings, build)
