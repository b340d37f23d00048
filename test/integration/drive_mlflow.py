"""Drives a tracking server with MLflow's own client and prints what came of each step as JSON. Run as: drive_mlflow.py ADDRESS"""

import json
import math
import os
import sys

os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "0"

import mlflow
from mlflow import MlflowClient
from mlflow.entities import DatasetInput, Dataset, InputTag, LoggedModelOutput, Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException

mlflow.set_tracking_uri(sys.argv[1])
client = MlflowClient()
outcomes = {}


def note(step, value):
    outcomes[step] = value


def fault(step, act):
    try:
        act()
        note(step, "no error")
    except MlflowException as error:
        note(step, [error.error_code, str(error).split("\n")[0].replace(parent, "PARENT").replace(child, "CHILD")[:400]])


def names(runs):
    return [run.info.run_name for run in runs]


# Experiments.
movies = client.create_experiment("movies", tags={"team": "ratings"})
experiment = client.get_experiment(movies)
note("experiment", [experiment.name, experiment.lifecycle_stage, experiment.tags, experiment.artifact_location == f"mlflow-artifacts:/{movies}"])
note("by name", client.get_experiment_by_name("movies").experiment_id == movies)
note("no such name", client.get_experiment_by_name("none"))
client.set_experiment_tag(movies, "k", "v")
client.rename_experiment(movies, "films")
note("renamed", [client.get_experiment(movies).name, client.get_experiment(movies).tags])
other = client.create_experiment("other 🎬")
note("experiments", [e.name for e in client.search_experiments(order_by=["name"])])
note("experiments found", [e.name for e in client.search_experiments(filter_string="tags.team = 'ratings' AND name LIKE 'fi%'")])
client.delete_experiment(other)
note("deleted experiments", [e.name for e in client.search_experiments(view_type=ViewType.DELETED_ONLY)])
client.restore_experiment(other)
note("restored", client.get_experiment(other).lifecycle_stage)

# Runs, nested.
parent = child = "-"
with mlflow.start_run(experiment_id=movies, run_name="parent", tags={"stage": "a"}) as run:
    parent = run.info.run_id
    mlflow.log_params({"lr": 0.001, "layers": "[128, 64]"})
    mlflow.log_param("note", "Größe 日本語 🎬")
    for step in range(5):
        mlflow.log_metric("loss", 1.0 / (step + 1), step=step)
    mlflow.log_metrics({"nan": math.nan, "inf": math.inf, "minus": -math.inf, "big": 1e308})
    with mlflow.start_run(experiment_id=movies, run_name="child", nested=True) as nested:
        child = nested.info.run_id
        mlflow.log_metric("loss", 0.1)
run = client.get_run(parent)
note("info", [run.info.run_name, run.info.status, run.info.lifecycle_stage, run.info.artifact_uri.endswith(f"{movies}/{parent}/artifacts")])
note("params", run.data.params)
note("metrics", {key: repr(value) for key, value in sorted(run.data.metrics.items())})
note("tags", {key: value for key, value in run.data.tags.items() if not key.startswith("mlflow.")})
note("name tag", run.data.tags["mlflow.runName"])
note("child", client.get_run(child).data.tags["mlflow.parentRunId"] == parent)
note("history", [(m.step, m.value) for m in client.get_metric_history(parent, "loss")])
note("no history", client.get_metric_history(parent, "none"))

# The same value again, an older one, and tags.
client.log_metric(parent, "loss", 9, step=1, timestamp=1)
client.log_param(parent, "lr", "0.001")
note("latest", client.get_run(parent).data.metrics["loss"])
client.set_tag(parent, "stage", "b")
client.set_tag(parent, "mlflow.runName", "renamed")
note("run renamed", [client.get_run(parent).info.run_name, client.get_run(parent).data.tags["mlflow.runName"]])
client.update_run(parent, name="parent")
client.delete_tag(parent, "stage")
note("tag deleted", "stage" in client.get_run(parent).data.tags)
client.log_batch(
    parent,
    metrics=[Metric(f"m{n % 7}", n, n, n) for n in range(100)],
    params=[Param(f"p{n}", str(n)) for n in range(50)],
    tags=[RunTag(f"t{n}", str(n)) for n in range(50)],
)
note("batch", [len(client.get_run(parent).data.params), client.get_run(parent).data.metrics["m3"]])

# Inputs, outputs and logged models.
dataset = Dataset(name="ratings", digest="abc", source_type="local", source="{}", schema="{}", profile="{}")
client.log_inputs(parent, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])
client.log_inputs(parent, [DatasetInput(dataset, [])])
note("inputs", [(i.dataset.name, i.dataset.digest, [(t.key, t.value) for t in i.tags]) for i in client.get_run(parent).inputs.dataset_inputs])
model = client.create_logged_model(movies, name="cf", source_run_id=parent, tags={"a": "1"}, params={"p": "2"}, model_type="agent")
note("logged model", [str(model.status), model.tags, model.params, model.name, model.model_type, model.artifact_location.endswith(f"{movies}/models/{model.model_id}/artifacts")])
client.finalize_logged_model(model.model_id, "READY")
client.set_logged_model_tags(model.model_id, {"a": "2", "b": "3"})
client.delete_logged_model_tag(model.model_id, "b")
client.log_metric(parent, "auc", 0.9, model_id=model.model_id)
client.log_outputs(parent, [LoggedModelOutput(model.model_id, 3)])
found = client.get_logged_model(model.model_id)
note("model again", [str(found.status), found.tags, [(m.key, m.value) for m in found.metrics]])
note("outputs", [(o.model_id == model.model_id, o.step) for o in client.get_run(parent).outputs.model_outputs])
client.create_logged_model(movies, name="second")
for filter_string in ["name = 'cf'", "metrics.auc > 0.5", "params.p = '2'", "tags.a LIKE '%'", "name = 'none'", None]:
    note(f"models {filter_string}", [m.name for m in client.search_logged_models([movies], filter_string=filter_string, order_by=[{"field_name": "name"}])])
client.delete_logged_model(model.model_id)
fault("deleted model", lambda: client.get_logged_model(model.model_id) and None)
outcomes["deleted model"] = outcomes["deleted model"][0]

# Search.
for n in range(12):
    r = client.create_run(movies, run_name=f"run {n:02}", start_time=1000 + n, tags={"parity": "even" if n % 2 == 0 else "odd", "50%_off": "a_b%c"})
    client.log_batch(r.info.run_id, metrics=[Metric("score", math.nan if n == 5 else n % 4, 1, 0)] if n != 7 else [], params=[Param("kind", "cf" if n < 6 else "als")])
    client.set_terminated(r.info.run_id, "FAILED" if n == 3 else "FINISHED")
mine = "attributes.run_name LIKE 'run %'"
for filter_string in [
    "metrics.score > 1",
    "metrics.score != 2",
    "metrics.score = 3 AND tags.parity = 'odd'",
    "params.kind = 'cf' and metrics.score <= 1",
    "params.kind ILIKE 'AL_'",
    "tags.`50%_off` LIKE '%'",
    "params.kind IS NULL",
    "tags.parity IS NOT NULL",
    "attributes.status = 'FAILED'",
    "status != 'FAILED'",
    "start_time > 1009",
    "attributes.end_time > 5",
    f"tags.mlflow.parentRunId = '{parent}'",
    f"run_id IN ('{parent}', '{child}')",
    f"run_id NOT IN ('{parent}')",
    "dataset.name = 'ratings'",
    "datasets.context = 'training'",
    "datasets.digest LIKE 'x%'",
    "tags.`mlflow.runName` = 'run 03'",
    "",
]:
    note(f"runs {filter_string}".replace(parent, "PARENT").replace(child, "CHILD"), sorted(names(client.search_runs([movies], filter_string))))
for order_by in [["metrics.score DESC"], ["metrics.score ASC", "start_time ASC"], ["params.kind", "attributes.start_time DESC"], ["tags.parity DESC"], ["run_name DESC"], ["end_time"], []]:
    if order_by != ["end_time"]:
        note(f"order {order_by}", names(client.search_runs([movies], mine, order_by=order_by)))
pages, token = [], None
while True:
    page = client.search_runs([movies], mine, max_results=5, order_by=["metrics.score DESC"], page_token=token)
    pages.append(names(page))
    token = page.token
    if not token:
        break
note("pages", pages)
history = []
for n in range(7):
    client.log_metric(child, "many", n % 3, timestamp=n // 2, step=n)
note("history in order", [(m.timestamp, m.step, m.value) for m in client.get_metric_history(child, "many")])
client.delete_run(child)
note("run deleted", [client.get_run(child).info.lifecycle_stage, names(client.search_runs([movies], "", ViewType.DELETED_ONLY))])
fault("log into a deleted run", lambda: client.log_metric(child, "x", 1))
client.restore_run(child)
note("run restored", client.get_run(child).info.lifecycle_stage)

# What is refused.
fault("experiment exists", lambda: client.create_experiment("films"))
outcomes["experiment exists"] = outcomes["experiment exists"][0]
fault("no experiment", lambda: client.get_experiment("12345"))
fault("wrong experiment id", lambda: client.get_experiment("abc"))
fault("no run", lambda: client.get_run("0" * 32))
fault("param changed", lambda: client.log_param(parent, "lr", "2"))
fault("param changed in a batch", lambda: client.log_batch(parent, params=[Param("lr", "3")]))
fault("no tag", lambda: client.delete_tag(parent, "none"))
fault("no experiment tag", lambda: client.delete_experiment_tag(movies, "none"))
fault("wrong filter", lambda: client.search_runs([movies], "metrics.x > 'a'"))
fault("wrong entity", lambda: client.search_runs([movies], "foo.x = 'a'"))
fault("or", lambda: client.search_runs([movies], "metrics.x > 1 OR metrics.y > 1"))
fault("wrong order", lambda: client.search_runs([movies], order_by=["metrics.x foo"]))
fault("order twice", lambda: client.search_runs([movies], order_by=["metrics.x", "metrics.x DESC"]))
fault("too many results", lambda: client.search_runs([movies], max_results=60000))
fault("no results", lambda: client.search_runs([movies], max_results=0))
client.delete_experiment(other)
fault("run in a deleted experiment", lambda: client.create_run(other))
outcomes["run in a deleted experiment"][1] = outcomes["run in a deleted experiment"][1].replace(other, "OTHER")
fault("deleted twice", lambda: client.delete_experiment(other))
outcomes["deleted twice"][1] = outcomes["deleted twice"][1].replace(other, "OTHER")
fault("tag of a deleted experiment", lambda: client.set_experiment_tag(other, "a", "b"))
outcomes["tag of a deleted experiment"][1] = outcomes["tag of a deleted experiment"][1].replace(other, "OTHER")
fault("wrong model name", lambda: client.create_logged_model(movies, name="a/b"))
fault("no model", lambda: client.get_logged_model("m-none"))
fault("wrong order of models", lambda: client.search_logged_models([movies], order_by=[{"field_name": "params.x"}]))


# Webhooks, with a receiver here that keeps what it is sent.
import base64
import hashlib
import hmac
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sent = []


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        sent.append((self.headers, body))
        self.send_response(404 if self.path == "/none" else 200)
        self.end_headers()
        self.wfile.write(b"thanks")

    def log_message(self, *_):
        pass


receiver = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=receiver.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{receiver.server_address[1]}"


def shown(hook):
    return [hook.name, hook.url.replace(address, ""), hook.description, str(hook.status), [str(event) for event in hook.events], hook.secret]


def tested(hook, event=None):
    result = client.test_webhook(hook.webhook_id, event)
    headers, body = sent[-1]
    signed = f"{headers['X-MLflow-Delivery-Id']}.{headers['X-MLflow-Timestamp']}.{body}".encode()
    signature = "v1," + base64.b64encode(hmac.new(b"s", signed, hashlib.sha256).digest()).decode()
    told = {key: value for key, value in json.loads(body).items() if key != "timestamp"}
    signs = headers["X-MLflow-Signature"]
    return [result.success, result.response_status, result.response_body, result.error_message, told, signs and signs == signature]


hook = client.create_webhook("hook", address + "/hook", ["model_version_tag.set", "registered_model.created"], description="d", secret="s")
note("webhook", shown(hook))
note("webhook got", shown(client.get_webhook(hook.webhook_id)))
note("webhook tested", tested(hook))
for event in ["model_version.created", "model_version_alias.created", "prompt_version.created", "budget_policy.exceeded"]:
    note(f"webhook tested with {event}", tested(hook, event))
asleep = client.create_webhook("asleep", address + "/none", ["prompt.created"], status="DISABLED")
note("webhook asleep", shown(asleep))
note("webhook tested asleep", tested(asleep))
page = client.list_webhooks(max_results=1)
note("webhooks", [[shown(one) for one in page], [shown(one) for one in client.list_webhooks(max_results=1, page_token=page.token)]])
note("webhook updated", shown(client.update_webhook(hook.webhook_id, name="other", description="", events=["prompt_tag.set"], status="DISABLED")))
note("webhook updated again", shown(client.update_webhook(hook.webhook_id, secret="another", status="ACTIVE")))
fault("webhook with a wrong name", lambda: client.create_webhook("a b", address, ["prompt.created"]))
fault("webhook with a wrong scheme", lambda: client.create_webhook("a", "ftp://a/b", ["prompt.created"]))
fault("webhook without a host", lambda: client.create_webhook("a", "https://", ["prompt.created"]))
fault("webhook that is none", lambda: client.get_webhook("none"))
fault("webhook that is none, tested", lambda: client.test_webhook("none"))
client.delete_webhook(hook.webhook_id)
note("webhooks left", [one.name for one in client.list_webhooks()])
receiver.shutdown()


# What the client itself would refuse goes past it.
from mlflow.utils.rest_utils import http_request, verify_rest_response
from mlflow.utils.credentials import get_default_host_creds


def raw(step, endpoint, body, method="POST"):
    def act():
        creds = get_default_host_creds(sys.argv[1])
        extra = {"json": body} if method != "GET" else {"params": body}
        verify_rest_response(http_request(creds, f"/api/2.0/mlflow/{endpoint}", method, **extra), endpoint)

    fault(step, act)


raw("raw: no name", "experiments/create", {})
raw("raw: empty name", "experiments/create", {"name": ""})
raw("raw: long name", "experiments/create", {"name": "x" * 501})
raw("raw: bad key", "runs/log-parameter", {"run_id": parent, "key": "a*b", "value": "1"})
raw("raw: key as a path", "runs/log-parameter", {"run_id": parent, "key": "../a", "value": "1"})
raw("raw: long key", "runs/log-parameter", {"run_id": parent, "key": "k" * 251, "value": "1"})
raw("raw: long param", "runs/log-parameter", {"run_id": parent, "key": "long", "value": "ü" * 6001})
note("long param", len(client.get_run(parent).data.params["long"]))
raw("raw: long tag", "runs/set-tag", {"run_id": parent, "key": "long", "value": "ü" * 8001})
note("long tag", len(client.get_run(parent).data.tags["long"]))
raw("raw: long metric", "runs/log-metric", {"run_id": parent, "key": "k" * 251, "value": 1, "timestamp": 1})
raw("raw: no value", "runs/log-metric", {"run_id": parent, "key": "k", "timestamp": 1})
raw("raw: no timestamp", "runs/log-metric", {"run_id": parent, "key": "k", "value": 1})
raw("raw: before 1970", "runs/log-metric", {"run_id": parent, "key": "k", "value": 1, "timestamp": -1})
raw("raw: 1,001 metrics", "runs/log-batch", {"run_id": parent, "metrics": [{"key": "k", "value": n, "timestamp": 1, "step": n} for n in range(1001)]})
raw("raw: 101 params", "runs/log-batch", {"run_id": parent, "params": [{"key": f"q{n}", "value": "1"} for n in range(101)]})
raw("raw: 101 tags", "runs/log-batch", {"run_id": parent, "tags": [{"key": f"q{n}", "value": "1"} for n in range(101)]})
raw("raw: 1,000 and one", "runs/log-batch", {"run_id": parent, "metrics": [{"key": "k", "value": n, "timestamp": 1, "step": n} for n in range(1000)], "tags": [{"key": "q", "value": "1"}]})
raw("raw: one param twice", "runs/log-batch", {"run_id": parent, "params": [{"key": "q", "value": "1"}, {"key": "q", "value": "1"}]})
raw("raw: one tag twice", "runs/log-batch", {"run_id": parent, "tags": [{"key": "q", "value": "1"}, {"key": "q", "value": "2"}]})
note("tag twice", client.get_run(parent).data.tags["q"])
raw("raw: two names", "runs/create", {"experiment_id": movies, "run_name": "a", "tags": [{"key": "mlflow.runName", "value": "b"}]})
raw("raw: no run id", "runs/get", {}, "GET")
raw("raw: no such run", "runs/update", {"run_id": "none", "status": "FINISHED"})
raw("raw: model json", "runs/log-model", {"run_id": parent, "model_json": "{"})
raw("raw: model fields", "runs/log-model", {"run_id": parent, "model_json": json.dumps({"artifact_path": "m", "flavors": {}, "run_id": parent})})
raw("raw: history of none", "metrics/get-history", {"run_id": parent, "metric_key": "loss", "max_results": 0}, "GET")
raw("raw: bulk of none", "metrics/get-history-bulk-interval", {"metric_key": "loss"}, "GET")
raw("raw: half an interval", "metrics/get-history-bulk-interval", {"run_ids": [parent], "metric_key": "loss", "start_step": 1}, "GET")
raw("raw: interval backwards", "metrics/get-history-bulk-interval", {"run_ids": [parent], "metric_key": "loss", "start_step": 3, "end_step": 1}, "GET")
raw("raw: wrong name of an experiment", "experiments/get-by-name", {"experiment_name": "none"}, "GET")
raw("raw: webhook of nothing", "webhooks", {"name": "a", "url": address, "events": []})
raw("raw: webhook of no such event", "webhooks", {"name": "a", "url": address, "events": [{"entity": "MODEL_VERSION_TAG", "action": "CREATED"}]})
raw("raw: webhook without a name", "webhooks", {"url": address})
raw("raw: webhook without events", "webhooks", {"name": "a", "url": address})
raw("raw: too many webhooks", "webhooks", {"max_results": 1001}, "GET")
print(json.dumps(outcomes, ensure_ascii=False))
