"""`python -m model_registry`: serves; `python -m model_registry migrate`: brings the schema up to date."""

from kit.service import main
from model_registry.bootstrap import build
from model_registry.settings import Settings

if __name__ == "__main__":
    main("model_registry", Settings, build)
