import type { ScalingSettings } from '../../contracts/settings/scaling.ts';
import type { Database } from '../../platform/postgres.ts';
import type { HealthSample } from './decide.ts';

/** Names that are looked for at most, whatever somebody sends. */
const NAMES_AT_MOST = 1_000;

/**
 * For `with recursive`: services that told how they do within a week. Names are found by jumping from one to the next in their index: there are few, and a
 * sample each second of each.
 */
export const NAMES = `names (service_name, nth) as (
  (select service_name, 1 from system_health order by service_name limit 1)
  union all
  select (select h.service_name from system_health h where h.service_name > n.service_name order by h.service_name limit 1), nth + 1
  from names n where n.service_name is not null and nth < ${NAMES_AT_MOST})`;

/**
 * SQL of the latest samples of a service, newest first. One whose time has not come, a clock that is a minute wrong aside, counts when it has. Of the same
 * moment the same ones are always the latest, or two who judge by a few of them would come to differ.
 * @param asked SQL of the service, of how many seconds, and of how many samples at most
 */
export const latestSamples = (asked: { service: string; seconds: string; most: string }): string =>
  `select occurred_at, cpu_usage, memory_usage, response_time_ms from system_health h
   where h.service_name = ${asked.service} and occurred_at > now() - make_interval(secs => ${asked.seconds})
     and occurred_at < now() + interval '1 minute'
   order by occurred_at desc, event_id limit ${asked.most}`;

/** A service that says how it does a hundred times a second is judged by its latest. */
const MOST_SAMPLES = 2_000;

export async function readSamples(db: Database, service: string, { windowS, calmS }: ScalingSettings): Promise<HealthSample[]> {
  const { rows } = await db.query<HealthSample>(
    `select occurred_at as at, cpu_usage as cpu, memory_usage as memory, response_time_ms as "responseMs"
     from (${latestSamples({ service: '$1', seconds: '$2', most: '$3' })}) s`,
    [service, Math.max(windowS, calmS), MOST_SAMPLES],
  );
  return rows;
}
