import { SERVICES_WATCHED } from '../../contracts/sizes.ts';
import { WATCHED_SERVICE, type HealthLook } from '../../contracts/scaling.ts';
import type { ScalingSettings } from '../../contracts/settings/scaling.ts';
import { withTransaction, type Database, type Pool } from '../../platform/postgres.ts';
import { decideScaling, type Decision, type OpenAlert } from './decide.ts';
import { latestSamples, NAMES, readSamples } from './samples.ts';

/** Looks that may be missed before a service is taken to be watched by nobody. */
const MISSED_LOOKS = 6;

/**
 * Services that a watch would not find calm, and that nobody watches: among the same samples that `decideScaling` judges one is beyond a limit. Otherwise a
 * watch would be started that ends at once, again and again. Who told of a time that comes later is found among all names.
 * @returns at most as many as may be watched beside those that are; a thousand samples of one are one
 */
export async function findUnwatched(db: Database, { limits, windowS, lookS, ofSamples }: ScalingSettings): Promise<string[]> {
  const { rows } = await db.query<{ service: string }>(
    `with recursive ${NAMES},
     watched as (select service_name from service_watches where looked_at > now() - make_interval(secs => $6)),
     told as (
       select service_name from system_health where received_at > now() - make_interval(secs => $4) union select service_name from names
     )
     select service_name as service from told t
     where service_name ~ $5 and not exists (select from watched w where w.service_name = t.service_name)
       and exists (
         select from (${latestSamples({ service: 't.service_name', seconds: '$4', most: '$8' })}) s
         where greatest(cpu_usage / $1, memory_usage / $2, response_time_ms / $3) > 1
       )
     order by service_name limit greatest(0, $7 - (select count(*) from watched))`,
    [limits.cpu, limits.memory, limits.responseMs, windowS, WATCHED_SERVICE.source, MISSED_LOOKS * lookS, SERVICES_WATCHED, ofSamples],
  );
  return rows.map(({ service }) => service);
}

/** Keeps that a service is watched, as a look does. */
export async function markWatched(db: Database, service: string): Promise<void> {
  await db.query(
    `insert into service_watches (service_name) values ($1) on conflict (service_name) do update set looked_at = clock_timestamp()`,
    [service],
  );
}

/** Looks at what a service said of late, and raises, changes or resolves its alert. Again it finds what it did. */
export const lookAtService = (pool: Pool, service: string, settings: ScalingSettings): Promise<HealthLook> =>
  withTransaction(pool, async (db) => {
    await markWatched(db, service); // and who looks at the same time waits
    const alert = await readOpen(db, service);
    const decision = decideScaling(await readSamples(db, service, settings), alert, settings, await readTime(db));
    await carryOut(db, service, decision);
    if (decision.kind === 'calm' || decision.kind === 'resolve')
      await db.query('delete from service_watches where service_name = $1', [service]);
    return lookOf(decision, alert, settings);
  });

function lookOf(decision: Decision, alert: OpenAlert | null, { minReplicas }: ScalingSettings): HealthLook {
  if (decision.kind === 'raise' || decision.kind === 'change') return { state: 'raised', wanted: decision.wanted };
  if (decision.kind === 'keep' && alert) return { state: 'raised', wanted: alert.wanted };
  return { state: decision.kind === 'keep' ? 'watched' : 'calm', wanted: minReplicas };
}

async function readOpen(db: Database, service: string): Promise<OpenAlert | null> {
  const { rows } = await db.query<OpenAlert>(
    `select wanted, changed_at as "changedAt" from scaling_alerts where service_name = $1 and resolved_at is null`,
    [service],
  );
  return rows[0] ?? null;
}

/** The database's, by which samples are found too. */
const readTime = async (db: Database): Promise<Date> => (await db.query<{ now: Date }>('select now()')).rows[0]!.now;

async function carryOut(db: Database, service: string, decision: Decision): Promise<void> {
  if (decision.kind === 'raise')
    await db.query('insert into scaling_alerts (service_name, wanted, reason) values ($1, $2, $3)', [
      service,
      decision.wanted,
      decision.reason,
    ]);
  if (decision.kind === 'change')
    await db.query(
      `update scaling_alerts set wanted = $2, reason = $3, changed_at = clock_timestamp() where service_name = $1 and resolved_at is null`,
      [service, decision.wanted, decision.reason],
    );
  if (decision.kind === 'resolve')
    await db.query(
      `update scaling_alerts set resolved_reason = $2, resolved_at = clock_timestamp() where service_name = $1 and resolved_at is null`,
      [service, decision.reason],
    );
}
