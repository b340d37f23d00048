import { WATCHED_SERVICE, type ScaledService, type ScalingAlert } from '../../contracts/scaling.ts';
import { SERVICES_WATCHED } from '../../contracts/sizes.ts';
import type { Database } from '../../platform/postgres.ts';
import { NAMES } from './samples.ts';

interface Row {
  readonly service: string;
  readonly wanted: number | null;
  readonly reason: string | null;
  readonly raised_at: Date | null;
  readonly last_sample_at: Date | null;
}

const SERVICES = `
  select service, a.wanted, a.reason, a.raised_at,
    (select occurred_at from system_health h where h.service_name = service order by occurred_at desc limit 1) as last_sample_at
  from asked left join scaling_alerts a on a.service_name = service and a.resolved_at is null order by service`;

const toService =
  (minReplicas: number) =>
  ({ service, wanted, reason, raised_at, last_sample_at }: Row): ScaledService => ({
    service,
    state: wanted === null ? 'calm' : 'raised',
    wanted_replicas: wanted ?? minReplicas,
    reason,
    raised_at: raised_at?.toISOString() ?? null,
    last_sample_at: last_sample_at?.toISOString() ?? null,
  });

/** Services that told how they do within a week, and those whose alert is raised; as many as may be watched, raised ones first. */
export async function listServices(db: Database, minReplicas: number): Promise<ScaledService[]> {
  const { rows } = await db.query<Row>(
    `with recursive ${NAMES},
     asked as (
       select service_name as service from (
         select service_name, true as is_raised from scaling_alerts where resolved_at is null
         union all select service_name, false from names where service_name ~ $1
       ) s group by service_name order by bool_or(is_raised) desc, service_name limit $2
     ) ${SERVICES}`,
    [WATCHED_SERVICE.source, SERVICES_WATCHED],
  );
  return rows.map(toService(minReplicas));
}

const ALERTS_LISTED = 20;

/** One service; one that never said anything is calm. */
export async function readService(db: Database, service: string, minReplicas: number): Promise<ScaledService & { alerts: ScalingAlert[] }> {
  const { rows } = await db.query<Row>(`with asked as (select $1::text as service) ${SERVICES}`, [service]);
  const { rows: alerts } = await db.query<Omit<ScalingAlert, 'raised_at' | 'resolved_at'> & { raised_at: Date; resolved_at: Date | null }>(
    `select raised_at, resolved_at, wanted as wanted_replicas, reason, resolved_reason from scaling_alerts where service_name = $1
     order by raised_at desc limit $2`,
    [service, ALERTS_LISTED],
  );
  return {
    ...toService(minReplicas)(rows[0]!),
    alerts: alerts.map((alert) => ({
      ...alert,
      raised_at: alert.raised_at.toISOString(),
      resolved_at: alert.resolved_at?.toISOString() ?? null,
    })),
  };
}
