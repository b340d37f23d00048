/**
 * Every bound of a size, with its reason. They nest: what one station lets in fits the next, also with everything that is put around it on the way, so
 * that nothing which was accepted gets stuck later. `docs/sizes.md` tells them to callers; test/integration/sizes.test.ts sends the largest of each through.
 */

/** An HTTP body as it is sent; a larger one is answered 413. */
export const BODY_BYTES = 1024 * 1024;
/** The address of a request with its headers: MLflow's client sends a filter with some 500 ids of runs in the address, 25 kB of it. A longer one is answered 431. */
export const HEAD_BYTES = 128 * 1024;
/** Objects and lists within each other. What callers have reason to send nests six deep; Postgres and JSON.stringify fail some thousands deep. */
export const BODY_DEPTH = 32;

/** Kafka's own default of `message.max.bytes`, for a batch with its headers. */
export const BROKER_MESSAGE_BYTES = 1_048_588;
/** Messages that the relay sends together: half of what the broker takes, since framing comes on top. */
export const RELAY_REQUEST_BYTES = 512 * 1024;
/** An event as JSON. The largest valid one, a drift alert with all its metrics, is half of it; a dead letter adds its headers and fits the broker. */
export const EVENT_BYTES = 128 * 1024;
export const METRICS_OF_ALERT = 100;
export const METRIC_NAME_CHARACTERS = 200;

/** What Temporal takes as one payload (2 MB, of a gRPC message of 4 MB). */
export const PAYLOAD_BYTES = 2 * 1024 * 1024;
/** Input of a workflow as JSON. The largest valid one is some 45 kB; a backfill hands it to 200 children within Temporal's 50 MB of history. */
export const WORKFLOW_INPUT_BYTES = 64 * 1024;
/** Shards of a batch: the plan of so many, with the longest user ids at both ends of each, is one payload, and their steps one history. */
export const BATCH_SHARDS = 1_000;
/** Events that go to the outbox in one statement: the driver and Postgres hold all of them at once. */
export const EVENTS_OF_STATEMENT = 1_000;

/** Ids of users, movies, models, tasks, views: in Postgres' indexes a key has 2,704 bytes, and a character up to three. */
export const ID_CHARACTERS = 200;
/** Of a workflow, or a schedule: as many as Temporal takes. */
export const TEMPORAL_ID_CHARACTERS = 1_000;
/** Of a run, also an earlier one, whose id is followed by its execution's. */
export const RUN_ID_CHARACTERS = TEMPORAL_ID_CHARACTERS + 40;
/** Where a page of runs goes on: a time and a run's id as JSON, where a control character has six, in base64. */
export const CURSOR_CHARACTERS = 8 * RUN_ID_CHARACTERS + 100;
/** A path in a file system, or an address. */
export const PATH_CHARACTERS = 4_096;
/** Of the header Idempotency-Key. */
export const IDEMPOTENCY_KEY_CHARACTERS = 255;
/** What a user typed into a search box. */
export const QUERY_CHARACTERS = 500;
/** A word or two on how a service does. */
export const STATUS_CHARACTERS = 100;
/** Events of one request; as large as they may be, the body's own bound comes first. */
export const EVENTS_OF_REQUEST = 1_000;
/** Of a name of Kafka's topics, as many as it takes. */
export const TOPIC_CHARACTERS = 249;
/** Where a page of messages goes on: an offset for each of a few hundred partitions. */
export const OFFSETS_CHARACTERS = 8_000;
/** Of a value in a list of messages, and in one that is shown by itself. */
export const SHOWN_BYTES = { listed: 2_000, alone: 256 * 1024 } as const;
/** Dead letters of one request: each is looked for by itself, within the time that a request has. */
export const LETTERS_OF_REQUEST = 50;
export const HEADERS_OF_MESSAGE = 20;
/** A time as text, with its offset and fractions of a second. */
export const TIME_CHARACTERS = 40;
/** Streams of changes that a process keeps open, one for each page that somebody looks at. */
export const CHANGE_STREAMS = 200;
/** Entities, movies or rows that one request is about. */
export const ROWS_OF_REQUEST = 10_000;
/** Users that one request recommends to or scores for: what each did is read by itself, and others are answered in between. */
export const USERS_OF_REQUEST = 1_000;
/** Movies that one request is recommended, of all its users: the answer is written in one go of some 30 ms, in which nobody else is answered. */
export const MOVIES_OF_BATCH = 50_000;
export const FEATURES_OF_REQUEST = 200;
/** Rows times features of one read, ROWS_OF_REQUEST of 40 features: its answer is made in one go of some 0.4 s, in which nobody else is answered. */
export const VALUES_OF_REQUEST = 400_000;
/** One value of a feature that is pushed: its text, and the items of a list. */
export const FEATURE_TEXT_CHARACTERS = 2_000;
export const FEATURE_LIST_ITEMS = 1_000;

/**
 * A table of Feast's offline store: the labels of a training set, or rows that are pushed. It is held whole before the join begins, the client sends it as
 * one message, and one table at a time is joined; the answer goes out in parts.
 */
export const OFFLINE_TABLE = { bytes: 64 * 1024 * 1024, rows: 1_000_000 } as const;

/** Of the model server: every model that a route names is held in memory, and every route is a label of its metrics. */
export const ROUTES_AT_MOST = 100;
export const VARIANTS_OF_ROUTE = 20;
export const SHADOWS_OF_ROUTE = 5;
export const MODELS_OF_VARIANT = 20;
export const SALT_CHARACTERS = 100;
/** Of a rollout: the reports of all of them are one answer. */
export const CANARY_STAGES = 10;
/** Why somebody did something, beside the fact. */
export const REASON_CHARACTERS = 500;
/** Services whose load is watched at a time: each is a workflow, and a label of a metric. */
export const SERVICES_WATCHED = 100;
/** In force together: each is held against every movie of the catalogue when one of them changes. */
export const RULES_AT_MOST = 500;
export const RULE_MOVIES = 1_000;

/** What the run ledger keeps, for people to read: they are listed by the hundred. A larger input or result stays out of it. */
export const LEDGER = {
  textCharacters: 2_000,
  fieldsBytes: 8 * 1024,
  stepResultBytes: 64 * 1024,
  inputBytes: WORKFLOW_INPUT_BYTES,
  /** A sweep's result, the largest there is, has 200 trials. */
  runResultBytes: 1024 * 1024,
} as const;
export const TRIAL_CHECKS = 20;
export const TRIAL_ERROR_CHARACTERS = 300;

/** Runs beside one another: a colour and a line each, and an answer of some 2 MB where each has hundreds of metrics. */
export const RUNS_COMPARED = 200;
/** A table of runs: with all columns its answer is made in one go of some 0.2 s, in which nobody else is answered. */
export const RUNS_OF_PAGE = 2_500;
export const COLUMNS_OF_RUNS = 100;

/** Words about what is wrong: they name fields and never repeat the whole of what was sent. */
export const FAULTS = { most: 20, fieldCharacters: 200, messageCharacters: 500, textCharacters: 2_000 } as const;
