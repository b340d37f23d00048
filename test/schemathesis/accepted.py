"""Where the API may refuse what its OpenAPI document allows, and why: what JSON Schema has no words for. Everything else is a difference."""

import re

import schemathesis

PUT_SCHEDULE = "PUT /api/v1/schedules/{schedule_id}"
BACKFILL = "POST /api/v1/schedules/{schedule_id}/backfill"
BATCH = "POST /api/v1/features/batch"
PUSH = "POST /api/v1/features/push"
START = "POST /api/v1/runs"
KEYS = "POST /api/v1/keys"
ROTATE = "POST /api/v1/keys/{key_id}/rotate"
PREVIEW = "POST /api/v1/data/preview"
PROMOTE = "POST /mlflow/models/{name}/promote-to-production"
# `GET /mlflow/models/{name}` answers here too: a model may be called so.
ALLOWS_MORE = "OPTIONS /mlflow/models/stage-transition"

# operation, field and words of the API, why the document does not say it
ACCEPTED = [
    (KEYS, r"body\.expires_at", "is past", "depends on the time"),
    (ROTATE, r"body\.expires_at", "is past", "depends on the time"),
    ("POST /api/v1/trigger/model-drift", r"body\.drift_score", "below the threshold", "compares two fields"),
    (BACKFILL, r"body\.end", "must come after start|no time from|more than", "compares two fields, and depends on the schedule's times"),
    (BACKFILL, r"body\.(start|end)", "is no time such as", "which days a month has, in whatever form of ISO 8601"),
    (PUT_SCHEDULE, r"body\.cron", "say when", "asks for one of three lists that is not empty"),
    (PUT_SCHEDULE, r"body\.cron(\.\d+)?", ".", "the language of cron lines"),
    (PUT_SCHEDULE, r"body\.calendars\.\d+\.\w+", "is no ", "the language of cron's fields"),
    (PUT_SCHEDULE, r"body\.intervals\.\d+\.offset_s", "less than every_s", "compares two fields"),
    (PUT_SCHEDULE, r"body\.timezone", "is no time zone", "IANA's list, which grows"),
    (PUT_SCHEDULE, r"body\.input.*", ".", "goes by `workflow`; GET /api/v1/workflows has the schema of each"),
    (START, r"body\.input.*", ".", "goes by `workflow`; GET /api/v1/workflows has the schema of each"),
    ("GET /api/v1/runs", r"query\.cursor", "none that a page gave", "opaque: only what a page gave is one"),
    (BATCH, r"body\.entity_ids\.\d+", ".", "goes by `entity_type`"),
    (BATCH, r"body\.features(\.\d+)?", "has no feature|too many|at most", "the features of this release; GET /api/v1/features/views has them"),
    (PREVIEW, r"body\.(path|titles|name|(titles_)?map(\.\w+)?)", ".", "which files there are, and which columns they have"),
    (PREVIEW, r"body\.encoding", "no encoding that is read", "the labels of the web's standard"),
    (PROMOTE, r"body\.description", "say why", "is asked for where `force` is set"),
    (PUSH, r"body\.view", "there is no feature view", "the views of this release; GET /api/v1/features/views has them"),
    (PUSH, r"body\.rows.*", ".", "goes by `view`"),
]


def is_accepted(operation, error):
    return any(
        operation == of and re.fullmatch(field, error["field"], re.DOTALL) and re.search(words, error["message"])
        for of, field, words, _why in ACCEPTED
    )


@schemathesis.hook
def filter_failure(context, failure, case, response):
    if failure.code == "ST205" and f"{case.method} {case.operation.path}" == ALLOWS_MORE:
        return failure.undocumented_methods != ["GET"] or bool(failure.missing_methods)
    if failure.code == "ST201":  # what is too many is mostly too large as well, which is looked at first
        return response.status_code != 413
    if failure.code != "ST202" or response.status_code != 422:
        return True
    errors = response.json().get("errors", [])
    return not (errors and all(is_accepted(case.operation.label, error) for error in errors))
