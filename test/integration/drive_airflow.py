"""Drives Airflow's own Python client against the address given, and prints what it was answered as one JSON document."""
import datetime
import json
import sys
import time

from airflow_client.client import ApiClient, ApiException, Configuration
from airflow_client.client.api import dag_api, dag_run_api, monitoring_api, task_instance_api, x_com_api
from airflow_client.client.model.clear_task_instances import ClearTaskInstances
from airflow_client.client.model.dag import DAG
from airflow_client.client.model.dag_run import DAGRun
from airflow_client.client.model.list_dag_runs_form import ListDagRunsForm
from airflow_client.client.model.update_dag_run_state import UpdateDagRunState

client = ApiClient(Configuration(host=sys.argv[1] + "/api/v1", username="admin", password="admin"))
dags, runs = dag_api.DAGApi(client), dag_run_api.DAGRunApi(client)
instances, xcoms = task_instance_api.TaskInstanceApi(client), x_com_api.XComApi(client)
TRAINING, RUN = "movie_training_pipeline", "manual__2026-01-01T00:00:00+00:00"
seen = {}


def until(state, dag_id, run_id):
    for _ in range(300):
        run = runs.get_dag_run(dag_id, run_id)
        if str(run["state"]) == state:
            return run
        time.sleep(0.1)
    raise RuntimeError(f"{run_id} is {run['state']}, not {state}")


def states(dag_id, run_id):
    found = instances.get_task_instances(dag_id, run_id)["task_instances"]
    return sorted([t["task_id"], t["map_index"], str(t["state"]), t["try_number"]] for t in found)


def refused(call):
    try:
        call()
    except ApiException as error:
        body = json.loads(error.body)
        return [error.status, sorted(set(body) & {"detail", "status", "title", "type"})]


health = monitoring_api.MonitoringApi(client).get_health()
seen["health"] = [str(health["metadatabase"]["status"]), str(health["scheduler"]["status"])]
seen["dags"] = [dag["dag_id"] for dag in dags.get_dags(limit=100, dag_id_pattern="movie_")["dags"]]
seen["details"] = dags.get_dag_details(TRAINING)["timezone"]
seen["tasks"] = [task["task_id"] for task in dags.get_tasks(TRAINING)["tasks"]]
seen["schedule"] = dags.get_dag(TRAINING)["schedule_interval"]["value"]
seen["paused"] = [dags.patch_dag(TRAINING, DAG(is_paused=paused))["is_paused"] for paused in (True, False)]

conf = {"models": [{"kind": "popularity"}, {"kind": "neural_cf"}]}
run = runs.post_dag_run(TRAINING, DAGRun(dag_run_id=RUN, conf=conf, note="by hand"))
seen["triggered"] = [run["dag_run_id"], str(run["state"]), run["run_type"], run["note"]]
seen["again"] = refused(lambda: runs.post_dag_run(TRAINING, DAGRun(dag_run_id=RUN, conf=conf)))
seen["bad_conf"] = refused(lambda: runs.post_dag_run(TRAINING, DAGRun(conf={"models": "all"})))
seen["no_dag"] = refused(lambda: runs.post_dag_run("nothing", DAGRun(conf={})))
until("failed", TRAINING, RUN)
seen["failed"] = states(TRAINING, RUN)
log = instances.get_log(TRAINING, RUN, "train_movie_model", 1, map_index=1, full_content=True)
seen["log"] = "the loss is NaN" in log["content"] and len(log["continuation_token"]) > 0
entry = xcoms.get_xcom_entry(TRAINING, RUN, "prepare_training_data", "return_value")
seen["xcom"] = [entry["key"], "snapshot_id" in entry["value"]]
seen["xcoms"] = xcoms.get_xcom_entries(TRAINING, RUN, "prepare_training_data")["total_entries"]

clear = lambda dry: dags.post_clear_task_instances(TRAINING, ClearTaskInstances(dag_run_id=RUN, dry_run=dry, only_failed=True))
seen["dry_run"] = [t["task_id"] for t in clear(True)["task_instances"]]
seen["still"] = str(runs.get_dag_run(TRAINING, RUN)["state"])
seen["cleared"] = [t["task_id"] for t in clear(False)["task_instances"]]
until("success", TRAINING, RUN)
seen["after"] = states(TRAINING, RUN)
tries = instances.get_mapped_task_instance_tries(TRAINING, RUN, "train_movie_model", 1)["task_instances"]
seen["tries"] = [[t["try_number"], str(t["state"])] for t in tries]
listed = runs.get_dag_runs("~", state=["success"], order_by="-execution_date", limit=5000)
seen["listed"] = [[r["dag_run_id"] for r in listed["dag_runs"]], listed["total_entries"]]

EAST = datetime.timezone(datetime.timedelta(hours=9))
NOON = datetime.datetime(2026, 3, 4, 21, 0, 0, 1, tzinfo=EAST)
dated = lambda run_id: runs.post_dag_run("feature_materialization", DAGRun(dag_run_id=run_id, conf={}, logical_date=NOON))
seen["dated"] = dated("dated")["logical_date"] == NOON
seen["dated_again"] = refused(lambda: dated("other"))
until("success", "feature_materialization", "dated")
totals = lambda **times: runs.get_dag_runs("~", **times)["total_entries"]
seen["dates"] = [
    totals(execution_date_gte=NOON, execution_date_lte=NOON),
    totals(execution_date_gte=datetime.datetime(2026, 3, 4), execution_date_lte=datetime.datetime(2026, 3, 5)),
    runs.get_dag_runs_batch(ListDagRunsForm(execution_date_gte=NOON, execution_date_lte=NOON))["total_entries"],
]
everywhere = instances.get_task_instances("~", "~", execution_date_gte=NOON, execution_date_lte=NOON)["task_instances"]
seen["everywhere"] = sorted({t["task_id"] for t in everywhere})
mapped = instances.get_mapped_task_instances("feature_materialization", "dated", "compute_features")["task_instances"]
seen["mapped"] = [[t["map_index"], t["rendered_map_index"]] for t in mapped]
seen["results"] = xcoms.get_xcom_entries("~", "~", "bring_online")["total_entries"]
seen["unserved"] = refused(lambda: runs.get_dag_runs("~", updated_at_gte=NOON))

slow = runs.post_dag_run("movie_data_collection", DAGRun(conf={}))["dag_run_id"]
until("running", "movie_data_collection", slow)
stopped = runs.update_dag_run_state("movie_data_collection", slow, UpdateDagRunState(state="failed"))
seen["stopped"] = str(stopped["state"])
runs.delete_dag_run("movie_data_collection", slow)
seen["deleted"] = refused(lambda: runs.get_dag_run("movie_data_collection", slow))
print(json.dumps(seen))
