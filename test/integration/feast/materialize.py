"""How a Python user brings features online; prints one JSON object. Runs in a Feast repository whose stores are our server."""

import json
import sys
import warnings
from datetime import datetime, timezone

warnings.filterwarnings("ignore")

from feast import FeatureStore
from feast.cli.cli import cli

cli(["apply"], standalone_mode=False)
store = FeatureStore(repo_path=".")
answers = {}
movies = ["movie_features"]


def year():
    read = store.get_online_features(features=["movie_features:release_year"], entity_rows=[{"movie_id": 2}])
    return read.to_dict()["release_year"][0]


def failure(ask):
    try:
        ask()
    except Exception as error:
        return [type(error).__name__, str(error)]


def day(year, month, number):
    return datetime(year, month, number, tzinfo=timezone.utc)


answers["before"] = year()
store.materialize(day(1990, 1, 1), day(2026, 1, 3), feature_views=movies)
answers["after"] = year()
store.materialize_incremental(datetime(2026, 1, 4), feature_views=movies)
cli(["materialize-incremental", "2026-01-05T00:00:00", "-v", "movie_features"], standalone_mode=False)
cli(["materialize", "1990-01-01T00:00:00", "2026-01-06T00:00:00", "-v", "movie_features"], standalone_mode=False)
answers["failures"] = {
    "unknown": failure(lambda: store.materialize_incremental(day(2026, 1, 4), feature_views=["nothing"])),
    "reversed": failure(lambda: store.materialize(day(2026, 1, 4), day(2026, 1, 3), feature_views=movies)),
    "busy": failure(lambda: store.materialize_incremental(day(2026, 1, 4), feature_views=["user_features"], run_async=True)),
}

print()
json.dump(answers, sys.stdout)
