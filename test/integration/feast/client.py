"""What a Python user does with Feast's own client; prints one JSON object. Runs in a Feast repository whose online store is our server."""

import json
import sys
import warnings

warnings.filterwarnings("ignore")

import pandas as pd
from feast import FeatureStore
from feast.cli.cli import cli

cli(["apply"], standalone_mode=False)
store = FeatureStore(repo_path=".")
answers = {}

# As the guide prints it.
guide = store.get_online_features(
    features=[
        "movie_features:rating",
        "movie_features:popularity",
        "user_features:age",
        "user_features:genre_preference",
    ],
    entity_rows=[{"movie_id": 1, "user_id": 1}, {"movie_id": 2, "user_id": 1}],
)
answers["guide"] = guide.to_dict()
answers["guide_rows"] = json.loads(guide.to_df().to_json(orient="records"))

service = store.get_feature_service("movie_predictor")
answers["service"] = store.get_online_features(features=service, entity_rows=[{"movie_id": 1, "user_id": 1}], full_feature_names=True).to_dict()

now = pd.Timestamp.now(tz="UTC")
store.push(
    "user_recent_push",
    pd.DataFrame(
        {
            "user_id": ["7"],
            "event_timestamp": [now],
            "created": [now],
            "movie_ids": [["1", "2"]],
            "interaction_types": [["view", "rating"]],
            "ratings": [[0.0, 4.5]],
            "occurred_ms": [[1, 2]],
        }
    ),
)
recent = ["user_recent:movie_ids", "user_recent:ratings", "user_recent:occurred_ms"]
answers["pushed"] = store.get_online_features(features=recent, entity_rows=[{"user_id": "7"}]).to_dict()

store.write_to_online_store(
    "user_features",
    pd.DataFrame(
        {
            "user_id": ["8"],
            "event_timestamp": [now],
            "created": [now],
            "age": [33],
            "genre_preference": ["Drama"],
            "genre_vector": [[0.0, 0.5]],
            "rating_mean": [4.0],
            "rating_count": [2],
            "interaction_count": [3],
            "activity_7d": [1],
            "activity_30d": [1],
            "last_seen_at": [pd.Timestamp("2026-01-02T03:04:05Z")],
        }
    ),
)
written = ["user_features:age", "user_features:rating_mean", "user_features:genre_vector", "user_features:last_seen_at"]
answers["written"] = store.get_online_features(features=written, entity_rows=[{"user_id": "8"}, {"user_id": "nobody"}]).to_dict()

try:
    store.get_online_features(features=["no_such_view:rating"], entity_rows=[{"movie_id": 1}])
except Exception as error:
    answers["unknown_view"] = [type(error).__name__, str(error)]

json.dump(answers, sys.stdout, default=str)
