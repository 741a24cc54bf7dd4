"""`python -m catalogue`: serves; `python -m catalogue migrate`: brings the schema up to date."""

from catalogue.bootstrap import build
from catalogue.settings import Settings
from kit.service import main

if __name__ == "__main__":
    main("catalogue", Settings, build)
