import { missing } from '../../contracts/failures.ts';
import type { Comparison } from '../../contracts/registry.ts';
import type { Database } from '../../platform/postgres.ts';

/** What models are compared by where nobody says by what, in the order that it is shown, and in which direction each is better. */
const DIRECTIONS: ReadonlyMap<string, 'higher' | 'lower'> = new Map([
  ['rmse', 'lower'],
  ['mae', 'lower'],
  ['accuracy', 'higher'],
  ['full_ndcg_at_10', 'higher'],
  ['ndcg_at_10', 'higher'],
  ['hr_at_10', 'higher'],
  ['hit_at_10', 'higher'],
  ['recall_at_10', 'higher'],
  ['recall_at_20', 'higher'],
  ['mrr_at_10', 'higher'],
]);
const NEWEST = 10;

/** Names of metrics in the order that they are shown in, those that are ours first. */
export const METRICS_SHOWN_FIRST: readonly string[] = [...DIRECTIONS.keys()];
/** In which direction a metric is better; undefined of one that is not ours. */
export const directionOf = (metric: string): 'higher' | 'lower' | undefined => DIRECTIONS.get(metric);

/**
 * The figures of versions side by side, each the latest of its run.
 * @param versions null: the newest ten @param metrics null: those that say how good a recommender is and that one of the versions has
 * @throws Failure `missing` for a model or a version that is not there
 */
export async function compareVersions(
  db: Database,
  { name, versions: asked, metrics: wanted }: { name: string; versions: readonly string[] | null; metrics: readonly string[] | null },
): Promise<Comparison> {
  const names = wanted ?? [...DIRECTIONS.keys()];
  const { rows } = await db.query<{ version: string; snapshot: string | null; figures: Record<string, number> }>(FIGURES, [
    name,
    asked && [...new Set(asked)],
    names,
    NEWEST,
  ]);
  const found = new Map(rows.map(({ version, figures }) => [version, figures]));
  const versions = asked ? [...new Set(asked)] : [...found.keys()];
  const absent = versions.filter((version) => !found.has(version));
  if (versions.length === 0) throw missing(`There is no version of a registered model ${name}`);
  if (absent.length > 0) throw missing(`There is no version ${absent.join(', ')} of model ${name}`);
  const rowsOf = names.map((metric) => compareBy(metric, versions, found));
  const isMeasured = ({ values }: Comparison['metrics'][number]) => Object.values(values).some((value) => value !== null);
  const snapshots = new Set(rows.map(({ snapshot }) => snapshot));
  const sameData = snapshots.has(null) ? null : snapshots.size === 1;
  return { name, versions, same_data: sameData, metrics: wanted ? rowsOf : rowsOf.filter(isMeasured) };
}

const FIGURES = `
  select v.version::text,
    (select value from registry_run_tags t where t.registry_run_id = v.registry_run_id and t.key = 'snapshot_id') as snapshot,
    (select coalesce(jsonb_object_agg(key, value), '{}') from (
       select distinct on (key) key, value from registry_run_metrics m
       where m.registry_run_id = v.registry_run_id and m.key = any ($3) and value not in ('NaN', 'Infinity', '-Infinity')
       order by key, step desc, recorded_at desc, value desc
     ) as latest) as figures
  from model_versions v where v.name = $1 and ($2::bigint[] is null or v.version = any ($2))
  order by v.version desc limit case when $2::bigint[] is null then $4 else 1000 end`;

function compareBy(
  metric: string,
  versions: readonly string[],
  found: ReadonlyMap<string, Record<string, number>>,
): Comparison['metrics'][number] {
  const figures = versions.map((version) => [version, ownOf(found.get(version)!, metric)] as const);
  const better = DIRECTIONS.get(metric) ?? null;
  return { metric, better, values: Object.fromEntries(figures), best: better && bestOf(figures, better) };
}

/** A metric may have the name of something that every object has, such as `__proto__`. */
const ownOf = (figures: Record<string, number>, metric: string) => (Object.hasOwn(figures, metric) ? figures[metric]! : null);

/** Null where nothing is ahead of the rest. */
function bestOf(figures: readonly (readonly [string, number | null])[], better: 'higher' | 'lower'): string | null {
  const measured = figures.flatMap(([version, value]) => (value === null ? [] : [{ version, gain: better === 'higher' ? value : -value }]));
  const [first, second] = measured.sort((a, b) => b.gain - a.gain);
  return first && first.gain !== second?.gain ? first.version : null;
}
