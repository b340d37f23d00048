"""What a Python user does with Feast's offline store; prints one JSON object. Runs in a Feast repository whose stores are our server."""

import json
import math
import os
import sys
import warnings

warnings.filterwarnings("ignore")

import numpy as np
import pandas as pd
from feast import FeatureStore
from feast.cli.cli import cli
from feast.data_source import PushMode
from feast.infra.offline_stores.file_source import SavedDatasetFileStorage

here = os.getcwd()
cli(["apply"], standalone_mode=False)
os.chdir("/")  # the repository may be anywhere
store = FeatureStore(repo_path=here)
answers = {}


def plain(value):
    if isinstance(value, (np.ndarray, list)):
        return [plain(item) for item in value]
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return value.item() if isinstance(value, np.generic) else value


def rows(df):
    return [[plain(value) for value in row] for row in df.itertuples(index=False)]


def failure(ask):
    try:
        ask()
    except Exception as error:
        return [type(error).__name__, str(error)]


with open(os.path.join(here, "labels.json")) as file:
    given = json.load(file)
labels = pd.DataFrame(given["labels"])
labels["event_timestamp"] = pd.to_datetime(labels["event_timestamp"], utc=True, format="ISO8601")
labels["label"] = np.arange(len(labels)) * 0.5
labels.index = labels.index[::-1]  # which is no part of the answer
joined = store.get_historical_features(entity_df=labels, features=given["features"], full_feature_names=True).to_df()
answers["columns"] = list(joined.columns)
answers["kept"] = bool((joined["label"].to_numpy() == labels["label"].to_numpy()).all())
answers["values"] = rows(joined[[feature.replace(":", "__") for feature in given["features"]]])

# Training sets as people have them.
counts = ["movie_features:rating_count", "user_features:interaction_count"]
few = pd.DataFrame(
    {
        "user_id": [1, 1, 1, 1, 2, 424242],
        "movie_id": ["1", "1", "1", "1", "3", "3"],
        "event_timestamp": ["2000-08-01", "2000-08-01", "2000-08-01 02:00", "1996-01-01", "2016-01-01", "2016-01-01"],
    }
)
naive = few.assign(event_timestamp=pd.to_datetime(few["event_timestamp"], format="ISO8601"))
answers["naive"] = rows(store.get_historical_features(entity_df=naive, features=counts).to_df()[["rating_count", "interaction_count"]])
berlin = naive.assign(event_timestamp=(naive["event_timestamp"] + pd.Timedelta(hours=2)).dt.tz_localize("Etc/GMT-2"))
answers["berlin"] = rows(store.get_historical_features(entity_df=berlin, features=counts).to_df()[["rating_count", "interaction_count"]])
gaps = naive.assign(movie_id=[1, 1, 1, None, 3, 3])
answers["gaps"] = rows(store.get_historical_features(entity_df=gaps, features=counts).to_df()[["rating_count", "interaction_count"]])
service = store.get_feature_service("movie_predictor")
answers["service"] = list(store.get_historical_features(entity_df=naive, features=service, full_feature_names=True).to_df().columns)
answers["none"] = list(store.get_historical_features(entity_df=naive[:0], features=counts).to_df().columns)
many = naive.sample(100_000, replace=True, random_state=7)
of_many = store.get_historical_features(entity_df=many, features=counts).to_df()
of_few = dict(zip(few.index, answers["naive"]))
answers["many"] = [len(of_many), rows(of_many[["rating_count", "interaction_count"]]) == [of_few[at] for at in many.index]]

# Pushed to both, a row is read at once from both.
now = pd.Timestamp.now(tz="UTC").floor("ms")
recent = pd.DataFrame(
    {
        "user_id": ["pushed", "pushed-2"],
        "event_timestamp": [now, now],
        "created": [now, now],
        "movie_ids": [["1", "2"], []],
        "interaction_types": [["view", "rating"], []],
        "ratings": [[0.0, 4.5], []],
        "occurred_ms": [[1, 2], []],
    }
)
features = ["user_recent:movie_ids", "user_recent:ratings"]
for _ in range(2):
    store.push("user_recent_push", recent, to=PushMode.ONLINE_AND_OFFLINE)
online = [{"user_id": "pushed"}, {"user_id": "pushed-2"}]
answers["pushed_online"] = store.get_online_features(features=features, entity_rows=online).to_dict()
ms = pd.Timedelta(milliseconds=1)
times = [now, now - ms, now + pd.Timedelta(days=365), now + pd.Timedelta(days=365) + ms]
asked = pd.DataFrame({"user_id": ["pushed"] * 4 + ["pushed-2"], "event_timestamp": [*times, now]})
answers["pushed_offline"] = rows(store.get_historical_features(entity_df=asked, features=features).to_df()[["movie_ids", "ratings"]])
users = pd.DataFrame(
    {
        "user_id": ["pushed"],
        "event_timestamp": [now],
        "created": [now],
        "age": [33],
        "genre_preference": [None],
        "genre_vector": [None],
        "rating_mean": [np.nan],
        "rating_count": [2],
        "interaction_count": [3],
        "activity_7d": [1],
        "activity_30d": [1],
        "last_seen_at": [pd.Timestamp("2026-01-02T03:04:05Z")],
    }
)
store.push("user_features_push", users, to=PushMode.OFFLINE)
fresh = ["user_features:age", "user_features:rating_mean", "user_features:genre_vector", "user_features:last_seen_at"]
answers["pushed_user"] = rows(store.get_historical_features(entity_df=asked[:1], features=fresh).to_df().drop(columns=["user_id", "event_timestamp"]))

answers["failures"] = {
    "no key": failure(lambda: store.get_historical_features(entity_df=naive[["movie_id", "event_timestamp"]], features=counts).to_df()),
    "no id": failure(lambda: store.get_historical_features(entity_df=naive.assign(movie_id=[1.5] * 6), features=counts).to_df()),
    "taken": failure(lambda: store.get_historical_features(entity_df=naive.assign(rating_count=1), features=counts).to_df()),
    "sql": failure(lambda: store.get_historical_features(entity_df="select 1", features=counts).to_df()),
    "span": failure(lambda: store.get_historical_features(start_date=now, features=counts).to_df()),
    "persist": failure(
        lambda: store.create_saved_dataset(
            from_=store.get_historical_features(entity_df=naive, features=counts),
            name="kept",
            storage=SavedDatasetFileStorage(path="kept.parquet"),
        )
    ),
    "columns": failure(lambda: store.push("user_recent_push", recent.drop(columns=["ratings"]), to=PushMode.OFFLINE)),
    "value": failure(lambda: store.push("user_recent_push", recent.assign(ratings=[["x"], ["y"]]), to=PushMode.OFFLINE)),
    "rows": failure(lambda: store.push("user_features_push", pd.concat([users] * 10_001), to=PushMode.OFFLINE)),
}

print()
json.dump(answers, sys.stdout, default=str)
