const text = (rows: string) => `array(${rows} order by 1)::text`;

/** All that is logged of a run, in short: another one where something of it changed. */
const RUN_FINGERPRINT = `md5(row(r.name, r.status, r.ended_at,
  ${text('select (p.key, p.value) from registry_run_params p where p.registry_run_id = r.registry_run_id')},
  ${text('select (t.key, t.value) from registry_run_tags t where t.registry_run_id = r.registry_run_id')},
  ${text('select (m.key, m.step, m.recorded_at, m.value) from registry_run_latest_metrics m where m.registry_run_id = r.registry_run_id')})::text)`;
const MODEL_FINGERPRINT = `md5(row(m.description, ${text('select (t.key, t.value) from registered_model_tags t where t.name = m.name')})::text)`;
const VERSION_FINGERPRINT = `md5(row(v.description, v.stage,
  ${text('select (t.key, t.value) from model_version_tags t where t.name = v.name and t.version = v.version')},
  ${text('select a.alias from model_aliases a where a.name = v.name and a.version = v.version')})::text)`;

/** A number is given again where its model was deleted and made anew: the run tells one from the other. */
export const versionId = (row: string) => `${row}.name || '/' || ${row}.version || '@' || coalesce(${row}.registry_run_id, '')`;

/** What stands in place of the fingerprint where something was deleted here. */
export const GONE = 'gone';

interface KindSql {
  /** Those of our own trainings and sweeps: what made them has a name */
  readonly ours: string;
  /** Where nothing is found, the one that is marked `d` was deleted here */
  readonly stands: string;
  /** Where something is found, its turn has not come yet */
  readonly isRemovedLater?: string;
}
const KINDS = {
  run: {
    ours: `select r.registry_run_id as id, r.started_at as at, ${RUN_FINGERPRINT} as fingerprint from registry_runs r
      where r.origin is not null and r.lifecycle_stage = 'active'`,
    stands: `select from registry_runs r where r.registry_run_id = d.id and r.lifecycle_stage = 'active'`,
  },
  version: {
    ours: `select ${versionId('v')} as id, v.created_at as at, ${VERSION_FINGERPRINT} as fingerprint from model_versions v where v.origin is not null`,
    stands: `select from model_versions v where v.name = left(d.id, -strpos(reverse(d.id), '/')) and ${versionId('v')} = d.id`,
  },
  model: {
    ours: `select m.name as id, m.created_at as at, ${MODEL_FINGERPRINT} as fingerprint from registered_models m
      where exists (select from model_versions v where v.name = m.name and v.origin is not null)`,
    stands: `select from registered_models m where m.name = d.id`,
    isRemovedLater: `select from registry_mirrored v where v.target = d.target and v.kind = 'version' and starts_with(v.id, d.id || '/')`,
  },
} as const satisfies Record<string, KindSql>;
export type Kind = keyof typeof KINDS;

/** `from … where …` of those that the server $1 has not as they are now, as `o`, with the mark of each as `d`. */
export function behindOf(kind: Kind): string {
  const { ours, stands, isRemovedLater }: KindSql = KINDS[kind];
  const gone = `select d.id, d.tried_at as at, '${GONE}' as fingerprint from registry_mirrored d
    where d.target = $1 and d.kind = '${kind}' and not exists (${stands})${isRemovedLater ? ` and not exists (${isRemovedLater})` : ''}`;
  return `from (${ours} union all ${gone}) o left join registry_mirrored d on d.target = $1 and d.kind = '${kind}' and d.id = o.id
    where (d.fingerprint is distinct from o.fingerprint or d.refusal is not null)`;
}
