"""Evidently's preset, as it comes, on the windows of bench/drift.ts: how many it calls drifted as a whole, and in any column."""

import json
import os
import sys
import time
import warnings

os.environ["DO_NOT_TRACK"] = "1"  # Evidently tells its makers of its use otherwise
warnings.filterwarnings("ignore")

import pandas as pd
from evidently.legacy.metric_preset import DataDriftPreset
from evidently.legacy.pipeline.column_mapping import ColumnMapping
from evidently.legacy.report import Report

with open(sys.argv[1]) as file:
    given = json.load(file)
mapping = ColumnMapping(numerical_features=["rating"], categorical_features=["genre", "item", "new_user"])
reference = pd.DataFrame(given["reference"])
started = time.time()
windows = 0
print("Evidently's DataDriftPreset: windows that drift as a whole (half of the columns), in any column, and by column")
for kind in given["kinds"]:
    whole, any_column, columns = 0, 0, {}
    for rows in kind["windows"]:
        report = Report(metrics=[DataDriftPreset()])
        report.run(reference_data=reference, current_data=pd.DataFrame(rows), column_mapping=mapping)
        dataset, table = (metric["result"] for metric in report.as_dict()["metrics"])
        whole += dataset["dataset_drift"]
        drifted = [name for name, column in table["drift_by_columns"].items() if column["drift_detected"]]
        any_column += bool(drifted)
        for name in drifted:
            columns[name] = columns.get(name, 0) + 1
        windows += 1
    of = len(kind["windows"])
    print(f"{kind['name']}: {100 * whole / of:.1f} %, {100 * any_column / of:.1f} %, {columns}")
print(f"{(time.time() - started) / windows:.3f} s a window")
