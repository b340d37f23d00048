"""Feast's own point-in-time join over the rows that bench/pit.ts exported: `python3 pitPeer.py <folder>`. Prints one JSON document."""

import json
import sys
import time
from datetime import timedelta
from pathlib import Path

import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, ValueType
from feast.repo_config import RegistryConfig, RepoConfig
from feast.types import Float64, String

folder = Path(sys.argv[1])
spec = json.loads((folder / "views.json").read_text())
entities = {key: Entity(name=key, join_keys=[key], value_type=ValueType.STRING) for key in ("movie_id", "user_id")}


def read(name: str) -> pd.DataFrame:
    frame = pd.read_csv(folder / f"{name}.csv", dtype={"movie_id": str, "user_id": str})
    for column in ("event_timestamp", "created"):
        if column in frame:
            frame[column] = pd.to_datetime(frame[column], utc=True, format="ISO8601")
    return frame


def view_of(view: dict) -> FeatureView:
    path = folder / f"{view['name']}.parquet"
    read(view["name"]).to_parquet(path)
    return FeatureView(
        name=view["name"],
        entities=[entities[view["key"]]],
        ttl=timedelta(seconds=view["ttl"] or 0),
        schema=[Field(name=name, dtype=String if kind == "text" else Float64) for name, kind in view["features"].items()],
        source=FileSource(path=str(path), timestamp_field="event_timestamp", created_timestamp_column="created"),
        online=False,
    )


store = FeatureStore(
    config=RepoConfig(
        project="bench",
        provider="local",
        offline_store={"type": sys.argv[2] if len(sys.argv) > 2 else "file"},
        registry=RegistryConfig(path=str(folder / "registry.db")),
        entity_key_serialization_version=3,
    )
)
views = [view_of(view) for view in spec]
store.apply([*entities.values(), *views])
labels = read("labels")
features = [f"{view['name']}:{name}" for view in spec for name in view["features"]]
started = time.monotonic()
joined = store.get_historical_features(entity_df=labels, features=features, full_feature_names=True).to_df()
seconds = time.monotonic() - started
joined.to_parquet(folder / "joined.parquet")
known = {name: int(joined[name.replace(":", "__")].notna().sum()) for name in features}
print(json.dumps({"seconds": seconds, "with_parquet": time.monotonic() - started, "rows": len(joined), "known": known}))
