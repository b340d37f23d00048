import { refused } from '../../contracts/failures.ts';

/**
 * Names of what Airflow's lists are narrowed by, in its release 2.10 and in those after it, beside the ranges and patterns that FILTER knows by their
 * ends.
 */
const NAMED_FILTERS = [
  ...[
    'bundle_name',
    'bundle_version',
    'dag_id',
    'dag_ids',
    'dag_run_ids',
    'dag_version',
    'exclude_stale',
    'executor',
    'has_asset_schedule',
  ],
  ...[
    'has_import_errors',
    'is_favorite',
    'last_dag_run_state',
    'map_index',
    'only_active',
    'operator',
    'owners',
    'paused',
    'pool',
    'queue',
  ],
  ...['run_id', 'run_type', 'state', 'states', 'tags', 'tags_match_mode', 'task_group_id', 'task_id', 'task_ids', 'timetable_type'],
  ...['triggered_by', 'triggering_user_name', 'try_number', 'version_number', 'xcom_key'],
];
const FILTER = new RegExp(`(_(gte?|lte?|pattern|contains)|^(${NAMED_FILTERS.join('|')}))$`);

/**
 * A filter that was dropped would answer with more than was asked for. Other names are passed over: Airflow 3 does so, while 2.10 refuses whatever its
 * description lacks.
 * @param given a query, or the form of a batch list
 * @throws Failure `invalid` for a filter of Airflow's that is not among those served
 */
export function refuseUnserved(given: object, served: readonly string[]): void {
  const unserved = Object.keys(given).find((name) => FILTER.test(name) && !served.includes(name));
  if (unserved !== undefined) throw refused(`The filter ${unserved} is not served here; there are ${served.join(', ')}`);
}
