"""Asks the model server by NVIDIA's own client of the Open Inference Protocol V2. Run as: drive.py HOST:PORT"""

import sys

import numpy
import tritonclient.http as triton

client = triton.InferenceServerClient(sys.argv[1])
failed = []


def step(act):
    """Does a step at once; what fails is printed, and the others go on."""
    try:
        act()
        print(f"ok      {act.__name__.replace('_', ' ')}")
    except Exception as error:
        failed.append(act.__name__)
        print(f"FAILED  {act.__name__.replace('_', ' ')}: {type(error).__name__}: {error}")


def inputs(users, movies, binary=True, movie_type="BYTES", shape=None):
    made = []
    for name, datatype, values in (("user_id", "BYTES", users), ("movie_id", movie_type, movies)):
        array = numpy.array(values, dtype=numpy.object_ if datatype == "BYTES" else numpy.int64)
        array = array.reshape(shape) if shape else array
        tensor = triton.InferInput(name, list(array.shape), datatype)
        tensor.set_data_from_numpy(array, binary_data=binary)
        made.append(tensor)
    return made


def expect(got, wanted):
    if got != wanted:
        raise AssertionError(f"{got!r} is not {wanted!r}")


USERS, MOVIES = ["u2", "u2", "u4", "stranger"], ["3", "4711", "movie_001", "3"]
KNOWN = [True, False, True, False]


@step
def health_and_metadata():
    expect([client.is_server_live(), client.is_server_ready()], [True, True])
    expect([client.is_model_ready("neural_cf"), client.is_model_ready("nothing")], [True, False])
    expect(client.get_server_metadata()["extensions"], ["binary_tensor_data"])
    metadata = client.get_model_metadata("neural_cf", "1")
    expect([metadata["name"], metadata["versions"]], ["neural_cf", ["1"]])
    expect([tensor["name"] for tensor in metadata["inputs"]], ["user_id", "movie_id"])


def scores_of(result):
    expect(result.as_numpy("known").tolist(), KNOWN)
    scores = result.as_numpy("score")
    expect(scores.dtype, numpy.float32)
    expect(numpy.isfinite(scores).tolist(), KNOWN)
    return scores


@step
def the_same_scores_as_bytes_and_as_json():
    as_bytes = client.infer("neural_cf", inputs(USERS, MOVIES), request_id="r1")
    expect([as_bytes.get_response()["id"], as_bytes.get_response()["model_version"]], ["r1", "1"])
    wanted = scores_of(as_bytes)
    outputs = [triton.InferRequestedOutput(name, binary_data=False) for name in ("score", "known")]
    as_json = client.infer("neural_cf", inputs(USERS, MOVIES, binary=False), model_version="1", outputs=outputs)
    numpy.testing.assert_array_equal(scores_of(as_json), wanted)
    for way in ("gzip", "deflate"):
        packed = client.infer("neural_cf", inputs(USERS, MOVIES), request_compression_algorithm=way, response_compression_algorithm=way)
        numpy.testing.assert_array_equal(scores_of(packed), wanted)


@step
def whole_numbers_a_column_and_one_output():
    outputs = [triton.InferRequestedOutput("score", binary_data=True)]
    made = inputs(["u2", "u2"], [3, 1], movie_type="INT64", shape=(2, 1))
    result = client.infer("neural_cf", made, outputs=outputs)
    expect(result.as_numpy("score").shape, (2, 1))
    expect(result.as_numpy("known"), None)


@step
def many_at_once():
    waiting = [client.async_infer("neural_cf", inputs([f"u{1 + at % 12}"] * 20, [str(1 + n) for n in range(20)])) for at in range(50)]
    for one in waiting:
        expect(numpy.isfinite(one.get_result().as_numpy("score")).all().item(), True)


@step
def faults_in_words():
    def words_of(ask):
        try:
            ask()
        except triton.InferenceServerException as error:
            return [error.status(), error.message()]
        raise AssertionError("nothing was refused")

    status, words = words_of(lambda: client.infer("nothing", inputs(["u2"], ["3"])))
    expect([status, "model nothing is not loaded" in words], ["404", True])
    status, words = words_of(lambda: client.infer("neural_cf", inputs(["u2"], ["3"])[:1]))
    expect([status, words], ["400", "the input movie_id is missing"])
    far = inputs(["u2"], ["3"])
    far[1].set_shape([1_000_000_000])
    status, words = words_of(lambda: client.infer("neural_cf", far))
    expect([status, "1 to 10000 elements are taken" in words], ["400", True])
    status, words = words_of(lambda: client.get_model_config("neural_cf"))
    expect(status, "404")


sys.exit(1 if failed else 0)
