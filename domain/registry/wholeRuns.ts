import type { RegistryRunStatus } from '../../contracts/registry.ts';
import { prepare, type Database } from '../../platform/postgres.ts';
import { columnsSql, groupsOf, msSql, rowAt, rowsOf, type Columns, type Filled } from './columns.ts';
import type { LifecycleStage } from './experiments.ts';

/** A value of a metric with its time in ms since 1970. NaN is a word, as in JSON. */
export interface LoggedMetric {
  readonly key: string;
  readonly value: number | 'NaN';
  readonly step: number;
  readonly timestamp: number;
}
interface Pair {
  readonly key: string;
  readonly value: string;
}
export interface UsedDataset {
  readonly name: string;
  readonly digest: string;
  readonly source_type: string;
  readonly source: string;
  readonly schema: string | null;
  readonly profile: string | null;
  readonly tags: readonly Pair[];
}
interface UsedModel {
  readonly model_id: string;
  readonly step: number;
}

/** What can be said of a run at once, without what was logged into it. Times in ms since 1970. */
export interface RunInfo {
  readonly registry_run_id: string;
  readonly experiment_id: string;
  readonly artifact_location: string | null;
  readonly name: string;
  readonly user_id: string;
  readonly status: RegistryRunStatus;
  readonly lifecycle_stage: LifecycleStage;
  readonly start_ms: number;
  readonly end_ms: number | null;
}

/** A run with all that was logged into it. */
export interface ClientRun extends RunInfo {
  /** In no order */
  readonly metrics: readonly LoggedMetric[];
  readonly params: readonly Pair[];
  readonly tags: readonly Pair[];
  readonly datasets: readonly UsedDataset[];
  readonly model_inputs: readonly UsedModel[];
  readonly model_outputs: readonly UsedModel[];
}

const ASKED = 'unnest($1::text[]) with ordinality as asked (id, place)';
/** `offset 0`: one look into the index a run. Postgres would guess how much there is of each, and rather read whole tables. */
const ofRuns = (from: string, columns: Readonly<Record<string, string>>, order?: string): string =>
  `(select ${columnsSql({ place: 'place', ...columns }, order)}
    from ${ASKED}, lateral (select * from ${from} where registry_run_id = asked.id offset 0) as found)`;
const named = (...columns: string[]) => Object.fromEntries(columns.map((column) => [column, column]));

/** All in one row, however many runs there are. */
const WHOLE_RUNS = prepare(`select
  ${ofRuns(
    'registry_runs',
    {
      ...named('registry_run_id', 'name', 'user_id', 'status', 'lifecycle_stage', 'parent_run_id'),
      experiment_id: 'experiment_id::text',
      artifact_location: '(select artifact_location from experiments e where e.experiment_id = found.experiment_id)',
      ...{ start_ms: msSql('started_at'), end_ms: msSql('ended_at') },
    },
    'place',
  )} as runs,
  ${ofRuns('registry_run_latest_metrics', { ...named('key', 'value', 'step'), timestamp: msSql('recorded_at') })} as metrics,
  ${ofRuns('registry_run_params', named('key', 'value'))} as params,
  ${ofRuns('registry_run_tags', named('key', 'value'))} as tags,
  ${ofRuns(
    'registry_run_datasets join registry_datasets using (dataset_id)',
    named('name', 'digest', 'source_type', 'source', 'schema', 'profile', 'tags'),
    'used_at',
  )} as datasets,
  ${ofRuns('registry_run_models', named('role', 'model_id', 'step'), 'used_at')} as models`);

type Of<Row> = Columns<Row & { readonly place: number }>;
type Kept = RunInfo & { readonly parent_run_id: string | null };
type ModelOfRun = UsedModel & { readonly role: 'input' | 'output' };
interface Found {
  readonly runs: Of<Kept>;
  readonly metrics: Of<LoggedMetric>;
  readonly params: Of<Pair>;
  readonly tags: Of<Pair>;
  readonly datasets: Of<UsedDataset>;
  readonly models: Of<ModelOfRun>;
}

/** Whole runs in the order of their ids, those that are there. */
export async function readClientRuns(db: Database, ids: readonly string[]): Promise<ClientRun[]> {
  const { rows } = await db.query<Found>(WHOLE_RUNS([ids]));
  const found = rows[0]!;
  const metrics = groupsOf(found.metrics, ids.length, metricAt);
  const params = groupsOf(found.params, ids.length, pairAt);
  const tags = groupsOf(found.tags, ids.length, pairAt);
  const datasets = groupsOf(found.datasets, ids.length, rowAt<UsedDataset>);
  const models = groupsOf(found.models, ids.length, rowAt<ModelOfRun>);
  const modelsOf = (at: number, asked: ModelOfRun['role']) =>
    models[at]!.filter(({ role }) => role === asked).map(({ model_id, step }) => ({ model_id, step }));
  return rowsOf(found.runs, (of, nth) => {
    const at = of.place[nth]! - 1;
    const [name, user] = [of.name[nth]!, of.user_id[nth]!];
    return {
      registry_run_id: of.registry_run_id[nth]!,
      experiment_id: of.experiment_id[nth]!,
      artifact_location: of.artifact_location[nth]!,
      name,
      user_id: user,
      status: of.status[nth]!,
      lifecycle_stage: of.lifecycle_stage[nth]!,
      start_ms: of.start_ms[nth]!,
      end_ms: of.end_ms[nth]!,
      metrics: metrics[at]!,
      params: params[at]!.sort(byKey),
      tags: shownTags(tags[at]!, { name, user, parent: of.parent_run_id[nth]! }),
      datasets: datasets[at]!,
      model_inputs: modelsOf(at, 'input'),
      model_outputs: modelsOf(at, 'output'),
    };
  });
}

/** By hand, since there may be many thousands. */
const metricAt = ({ key, value, timestamp, step }: Filled<LoggedMetric>, nth: number): LoggedMetric => ({
  key: key[nth]!,
  value: value[nth]!,
  timestamp: timestamp[nth]!,
  step: step[nth]!,
});
const pairAt = ({ key, value }: Filled<Pair>, nth: number): Pair => ({ key: key[nth]!, value: value[nth]! });
const byKey = (one: Pair, other: Pair): number => (one.key < other.key ? -1 : 1);

/** What a run is called, whose it is and what it is a part of are tags for clients: as the view `registry_run_shown_tags` has it, by which they are found. */
function shownTags(own: Pair[], { name, user, parent }: { name: string; user: string; parent: string | null }): Pair[] {
  const isOwn = (key: string) => own.some((tag) => tag.key === key);
  const ofUser = user !== '' && !isOwn('mlflow.user') ? [{ key: 'mlflow.user', value: user }] : [];
  const ofParent = parent !== null && !isOwn('mlflow.parentRunId') ? [{ key: 'mlflow.parentRunId', value: parent }] : [];
  return [...own, { key: 'mlflow.runName', value: name }, ...ofUser, ...ofParent].sort(byKey);
}
