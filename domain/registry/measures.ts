import { CHALLENGER, CHAMPION } from '../../contracts/models.ts';
import type { Database } from '../../platform/postgres.ts';

/** One figure of how good a version was when it was evaluated. */
export interface Measure {
  readonly model: string;
  readonly version: string;
  readonly metric: string;
  readonly value: number;
}

/** Measures that stand at an evaluation, and no figures of the training such as `train_ms`. */
const MEASURES =
  '^((full_)?ndcg|hr|hit|recall|precision|map|mrr|coverage|novelty)_at_[0-9]+$|^(rmse|mae|accuracy|auc|f1|precision|recall)$';
const SERIES_AT_MOST = 500;

/** What champions and challengers measured, those of the platform's own models and of others that somebody registered. */
export async function listMeasures(db: Database): Promise<Measure[]> {
  const { rows } = await db.query<Measure>(
    `select distinct a.name as model, a.version::text as version, m.key as metric, m.value
     from model_aliases a join model_versions v using (name, version) join registry_run_latest_metrics m using (registry_run_id)
     where a.alias = any ($1) and m.key ~ $2 and m.value <> 'NaN' order by model, version, metric limit $3`,
    [[CHAMPION, CHALLENGER], MEASURES, SERIES_AT_MOST],
  );
  return rows;
}
