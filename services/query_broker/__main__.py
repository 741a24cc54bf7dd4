"""`python -m query_broker`: serves; `python -m query_broker migrate`: brings the schema up to date."""

from kit.service import main
from query_broker.bootstrap import build
from query_broker.settings import Settings

if __name__ == "__main__":
    main("query_broker", Settings, build)
