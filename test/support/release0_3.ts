/** SQL of release 0.3.0 as it stands in its sources, in the order in which its processes come to it: what is to go on while this release takes its place. */
export interface Statement {
  readonly what: string;
  readonly sql: string;
  readonly values: readonly unknown[];
  /** How many rows are changed or found */
  readonly rows: number;
}

const TRAINING = ['training/r', 'execution', '1', 1];

/** @param nth of how many times they are asked, each with ids of its own */
export function statementsOf0_3(nth: number): Statement[] {
  const id = (kind: number) => `00000000-0000-4000-8000-0000000${kind}000${nth}`;
  const run = `${nth}`.repeat(32);
  const name = `ials-${nth}`;
  return [
    {
      what: 'api: an event is accepted',
      sql: `insert into outbox (id, shard, aggregatetype, aggregateid, type, payload) values ($1, $2, $3, $4, $5, $6) on conflict (id) do nothing`,
      values: [id(1), 3, 'user-events', '1', 'user.interaction', '{}'],
      rows: 1,
    },
    {
      what: 'api: a run is reserved',
      sql: `insert into runs (run_id, workflow, state, input, started_by, logical_date, note) values ($1, $2, 'queued', $3, $4, $5, $6)
        on conflict do nothing returning run_id`,
      values: [`training/reserved-${nth}`, 'movieTrainingPipeline', '{}', 'me', null, null],
      rows: 1,
    },
    {
      what: 'api: a user is told of',
      sql: `insert into users (user_id, age, source) values ($1, $2, 'api')
        on conflict (user_id) do update set age = excluded.age, source = excluded.source, updated_at = now()
        returning user_id, age, source, updated_at`,
      values: [`user-${nth}`, 30],
      rows: 1,
    },
    {
      what: 'ingest: an event is taken in',
      sql: `insert into interactions (event_id, user_id, movie_id, interaction_type, rating, session_id, occurred_at)
        select * from unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::real[], $6::text[], $7::timestamptz[])
        on conflict (event_id) do nothing`,
      values: [[id(2)], ['1'], [1], ['like'], [null], [null], ['2026-01-02T00:00:00Z']],
      rows: 1,
    },
    {
      what: 'ingest: a drift alert is taken in',
      sql: `insert into drift_alerts (event_id, model_name, drift_score, threshold, alert)
        select * from unnest($1::uuid[], $2::text[], $3::float8[], $4::float8[], $5::jsonb[])
        on conflict (event_id) do nothing`,
      values: [[id(3)], ['ials'], [0.9], [0.5], ['{}']],
      rows: 1,
    },
    {
      what: 'ingest: what was relayed goes',
      sql: `with held as (
          select s.shard from outbox_shards s
          join unnest($1::smallint[], $2::bigint[]) as lease (shard, fence) on (s.shard, s.fence) = (lease.shard, lease.fence)
          for share of s
        )
        delete from outbox using held where outbox.shard = held.shard and outbox.id = $3`,
      values: [[3], [0], id(1)],
      rows: 1,
    },
    {
      what: 'workers: a step begins',
      sql: `with run as (
          insert into runs (run_id, workflow, state, started_by, started_at, temporal_run_id) values ($1, $2, 'running', 'temporal', now(), $11)
          on conflict (run_id) do update
            set state = 'running', ended_at = null, result = null, error = null,
                started_at = case when runs.ended_at is null then coalesce(runs.started_at, now()) else now() end, -- one that continues as new goes on
                temporal_run_id = coalesce(excluded.temporal_run_id, runs.temporal_run_id)
            where runs.state = 'queued' or runs.temporal_run_id <> excluded.temporal_run_id
        ), lost as (
          update run_steps set state = 'lost', ended_at = now(), error = 'the worker stopped answering'
          where (workflow_id, temporal_run_id, activity_id) = ($3, $4, $5) and attempt < $6 and state = 'running'
        )
        insert into run_steps (workflow_id, temporal_run_id, activity_id, attempt, run_id, step, subject, queue, worker, state, started_at)
        values ($3, $4, $5, $6, $1, $7, $8, $9, $10, 'running', now())
        on conflict do nothing`,
      values: [
        ...[`training/${nth}`, 'movieTrainingPipeline', `training/${nth}`, 'execution', '1', 1],
        ...['prepare_training_data', null, 'training', 'worker', 'execution'],
      ],
      rows: 1,
    },
    {
      what: 'workers: a step ends',
      sql: `update run_steps set state = $5, result = $6, error = $7, ended_at = now()
        where (workflow_id, temporal_run_id, activity_id, attempt) = ($1, $2, $3, $4) and state in ('running', 'lost')`,
      values: [`training/${nth}`, ...TRAINING.slice(1), 'success', '{}', null],
      rows: 1,
    },
    {
      what: 'control: a run of the registry begins',
      sql: `insert into registry_runs (registry_run_id, experiment_id, name, user_id, status, artifact_uri, origin)
        select $1, experiment_id, $3, $4, 'RUNNING', artifact_location || '/' || $1 || '/artifacts', $5
        from experiments where experiment_id = $2
        on conflict (origin) do update set origin = excluded.origin
        returning registry_run_id`,
      values: [run, '0', name, 'me', `training/${nth}/ials`],
      rows: 1,
    },
    {
      what: 'control: metrics are logged',
      sql: `insert into registry_run_metrics (registry_run_id, key, value, step, recorded_at)
        select $1, key, value, step, recorded_at
        from unnest($2::text[], $3::float8[], $4::bigint[], $5::timestamptz[]) as sent (key, value, step, recorded_at)
        on conflict do nothing`,
      values: [run, ['ndcg_at_10', 'ndcg_at_10'], [0.2, 0.3], [1, 2], ['2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z']],
      rows: 2,
    },
    {
      what: 'control: a version is registered',
      sql: `with model as (insert into registered_models (name) values ($1) returning next_version)
        insert into model_versions (name, version, source, registry_run_id, origin) select $1, next_version, $2, $3, $4 from model returning version::text`,
      values: [name, `blob:models/${nth}`, run, `training/${nth}/ials`],
      rows: 1,
    },
    {
      what: 'control: the champion is named',
      sql: `with held as (select name from registered_models where name = $1 for update)
        insert into model_aliases (name, alias, version) select name, $2, version from held join model_versions using (name) where version::text = $3
        on conflict (name, alias) do update set version = excluded.version, updated_at = now()`,
      values: [name, 'champion', '1'],
      rows: 1,
    },
    {
      what: 'serving: champions are loaded',
      sql: `select name, v.version::text, source from model_aliases join model_versions v using (name, version) where alias = $1 and name = $2 order by name`,
      values: ['champion', name],
      rows: 1,
    },
    {
      what: 'serving: what a user has seen is left out',
      sql: `select movie_id, rated_at as happened_at, true as is_chosen from ratings where user_id = $1
        union all
        select movie_id, occurred_at, interaction_type <> 'dislike' from interactions where user_id = $1 and event_id = $2`,
      values: ['1', id(2)],
      rows: 2,
    },
    {
      what: 'api: a run of the registry is shown',
      sql: `select registry_run_id, experiment_id::text, name, user_id, status, artifact_uri, origin, started_at, ended_at
        from registry_runs r where registry_run_id = $1 and artifact_uri = 'mlflow-artifacts:/0/' || $1 || '/artifacts'`,
      values: [run],
      rows: 1,
    },
    {
      what: 'training: choices are read',
      sql: `select user_id, movie_id, rating, rated_at as happened_at from ratings
        union all
        select user_id, movie_id, rating, occurred_at from interactions join movies using (movie_id) where interaction_type <> 'dislike' and event_id = $1`,
      values: [id(2)],
      rows: 2,
    },
    {
      what: 'training: features are computed',
      sql: `select user_id, movie_id, rating, interaction_type, occurred_at from user_movie_events where user_id = $1 and interaction_type = 'rating'`,
      values: ['1'],
      rows: 1,
    },
  ];
}
