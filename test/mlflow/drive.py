"""Trains, logs, registers and loads with the whole of MLflow's client and scikit-learn. Run as: drive.py ADDRESS FOLDER"""

import os
import sys
from unittest.mock import patch

os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "0"
os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"] = "true"
os.environ["MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE"] = str(6 << 20)
os.environ["MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE"] = str(5 << 20)
os.environ["MLFLOW_MULTIPART_DOWNLOAD_MINIMUM_FILE_SIZE"] = str(6 << 20)
os.environ["MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE"] = str(5 << 20)

import mlflow
import numpy
import pandas
from mlflow import MlflowClient
from mlflow.models import infer_signature
from mlflow.store.artifact.mlflow_artifacts_repo import MlflowArtifactsRepository
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV

address, folder = sys.argv[1:]
mlflow.set_tracking_uri(address)
client = MlflowClient()
experiment = mlflow.set_experiment("whole client").experiment_id
ratings = pandas.DataFrame({"age": [20.0, 30, 40, 50, 60, 70], "year": [1990.0, 1995, 2000, 1985, 2010, 1999]})
target = numpy.array([1.0, 2, 3, 4, 5, 4])
failed = []


def step(act):
    """Does a step at once; what fails is printed, and the others go on."""
    try:
        act()
        print(f"ok      {act.__name__.replace('_', ' ')}")
    except Exception as error:
        failed.append(act.__name__)
        print(f"FAILED  {act.__name__.replace('_', ' ')}: {type(error).__name__}: {error}")


model = Ridge().fit(ratings, target)


@step
def log_model_registers_and_loads_by_alias():
    with mlflow.start_run(run_name="ridge"):
        info = mlflow.sklearn.log_model(
            model,
            name="ridge",
            signature=infer_signature(ratings, target),
            input_example=ratings.head(2),
            registered_model_name="ridge",
        )
    assert str(info.registered_model_version) == "1", info.registered_model_version
    client.set_registered_model_alias("ridge", "champion", 1)
    expected = model.predict(ratings)
    for uri in ["models:/ridge@champion", "models:/ridge/1", info.model_uri, f"runs:/{info.run_id}/ridge"]:
        assert numpy.allclose(mlflow.sklearn.load_model(uri).predict(ratings), expected), uri
    assert numpy.allclose(mlflow.pyfunc.load_model("models:/ridge@champion").predict(ratings), expected)
    assert mlflow.models.get_model_info("models:/ridge@champion").signature == info.signature


@step
def register_model_of_a_run():
    run = client.search_runs([experiment], "run_name = 'ridge'")[0].info.run_id
    version = mlflow.register_model(f"runs:/{run}/ridge", "ridge", tags={"again": "yes"})
    assert (str(version.version), version.status) == ("2", "READY"), version
    assert mlflow.sklearn.load_model("models:/ridge/2").coef_.shape == (2,)
    client.transition_model_version_stage("ridge", version.version, "Production")
    assert mlflow.sklearn.load_model("models:/ridge/Production").coef_.shape == (2,)
    client.copy_model_version("models:/ridge/2", "ridge-copy")
    assert mlflow.sklearn.load_model("models:/ridge-copy/1").coef_.shape == (2,)


@step
def autolog_of_scikit_learn():
    mlflow.sklearn.autolog()
    try:
        with mlflow.start_run(run_name="autolog") as run:
            Ridge(alpha=0.5).fit(ratings, target)
        with mlflow.start_run(run_name="grid") as grid:
            GridSearchCV(Ridge(), {"alpha": [0.1, 1, 10]}, cv=2).fit(ratings, target)
    finally:
        mlflow.sklearn.autolog(disable=True)
    data = client.get_run(run.info.run_id).data
    assert data.params["alpha"] == "0.5", data.params
    assert "training_r2_score" in data.metrics, data.metrics
    assert client.get_run(run.info.run_id).inputs.dataset_inputs, "no data set"
    logged = client.search_logged_models([experiment], filter_string=f"source_run_id = '{run.info.run_id}'")
    assert numpy.allclose(mlflow.sklearn.load_model(logged[0].model_uri).alpha, 0.5)
    children = mlflow.search_runs([experiment], f"tags.mlflow.parentRunId = '{grid.info.run_id}'")
    assert sorted(children["params.alpha"]) == ["0.1", "1", "10"], children


@step
def search_runs_into_pandas():
    found = mlflow.search_runs([experiment], "metrics.training_r2_score > 0", order_by=["metrics.training_r2_score DESC"])
    assert isinstance(found, pandas.DataFrame)
    assert found["metrics.training_r2_score"].is_monotonic_decreasing and len(found) >= 2, found
    assert str(found["start_time"].dtype).startswith("datetime64"), found.dtypes
    assert len(mlflow.search_logged_models([experiment])) >= 3
    assert len(mlflow.search_experiments()) == 2


@step
def artifacts_up_and_down():
    os.makedirs(f"{folder}/up/deep", exist_ok=True)
    for name in ["small.txt", "deep/größe 100%.txt"]:
        with open(f"{folder}/up/{name}", "w") as file:
            file.write(name)
    with mlflow.start_run(run_name="artifacts") as run:
        mlflow.log_artifact(f"{folder}/up/small.txt")
        mlflow.log_artifacts(f"{folder}/up", "all")
        mlflow.log_text("text", "text.txt")
        mlflow.log_dict({"a": 1}, "dict.json")
        mlflow.log_table(ratings, "table.json")
        mlflow.log_image(numpy.zeros((4, 4, 3), dtype=numpy.uint8), "image.png")
        mlflow.log_image(numpy.zeros((4, 4, 3), dtype=numpy.uint8), key="steps", step=1)
        mlflow.log_input(mlflow.data.from_pandas(ratings, name="ratings"), context="training")
    root = f"runs:/{run.info.run_id}"
    down = mlflow.artifacts.download_artifacts(f"{root}/all", dst_path=f"{folder}/down")
    for name in ["small.txt", "deep/größe 100%.txt"]:
        assert open(os.path.join(down, name)).read() == name, name
    assert mlflow.artifacts.load_text(f"{root}/text.txt") == "text"
    assert mlflow.artifacts.load_dict(f"{root}/dict.json") == {"a": 1}
    assert mlflow.load_table("table.json", run_ids=[run.info.run_id]).shape[0] == 6
    assert mlflow.artifacts.load_image(f"{root}/image.png").size == (4, 4)
    listed = [file.path for file in mlflow.artifacts.list_artifacts(run_id=run.info.run_id)]
    assert listed == ["all", "dict.json", "image.png", "images", "small.txt", "table.json", "text.txt"], listed


@step
def artifacts_in_parts():
    content = numpy.random.default_rng(1).bytes(13 << 20)
    with open(f"{folder}/large.bin", "wb") as file:
        file.write(content)
    with mlflow.start_run(run_name="large") as run, patch.object(
        MlflowArtifactsRepository, "complete_multipart_upload", autospec=True, side_effect=MlflowArtifactsRepository.complete_multipart_upload
    ) as completed:
        mlflow.log_artifact(f"{folder}/large.bin")
    assert completed.call_count == 1
    assert [a.file_size for a in client.list_artifacts(run.info.run_id)] == [13 << 20]
    with open(mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/large.bin", dst_path=f"{folder}/parts"), "rb") as file:
        assert file.read() == content


@step
def evaluate():
    with mlflow.start_run(run_name="evaluation"):
        result = mlflow.models.evaluate("models:/ridge@champion", ratings.assign(target=target), targets="target", model_type="regressor")
    assert result.metrics["root_mean_squared_error"] < 2, result.metrics


print(f"{len(failed)} steps failed")
sys.exit(1 if failed else 0)
