import type { Request } from 'express';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MaterializationInput } from '../../contracts/materialization.ts';
import { unavailable } from '../../contracts/failures.ts';
import { runId } from '../../contracts/workflows.ts';
import type { FeatureDefinitions } from '../../domain/features/definitions.ts';
import { parseTime } from '../../contracts/time.ts';
import { releaseView, reserveViews } from '../../domain/features/online/leases.ts';
import type { Principal } from '../../platform/http/access.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { TemporalRuns } from '../../platform/temporal/runs.ts';
import { newRunName, launchRun } from '../launchRun.ts';
import { checkBody, type Field } from './body.ts';
import { FeastFault, viewNotFound } from './faults.ts';

export interface MaterializeDeps {
  readonly pool: Pool;
  readonly runs: TemporalRuns;
  readonly definitions: FeatureDefinitions;
}

const COMMON: readonly Field[] = [
  { name: 'feature_views', kind: 'strings' },
  { name: 'full_feature_names', kind: 'boolean' },
  { name: 'version', kind: 'string' },
];
const WINDOW_FIELDS: readonly Field[] = [
  { name: 'start_ts', kind: 'string' },
  { name: 'end_ts', kind: 'string' },
  { name: 'disable_event_timestamp', kind: 'boolean' },
  ...COMMON,
];
const INCREMENTAL_FIELDS: readonly Field[] = [{ name: 'end_ts', kind: 'string', isRequired: true }, ...COMMON];

export interface Accepted {
  readonly views: readonly string[];
  readonly runId: string;
}

/** `/materialize`: a window, or everything with `disable_event_timestamp`. */
export function materializeWindow(deps: MaterializeDeps, req: Request, principal: Principal): Promise<Accepted> {
  const { start_ts, end_ts, disable_event_timestamp, feature_views } = checkBody(req.body, WINDOW_FIELDS);
  const views = viewsOf(deps.definitions, feature_views);
  if (disable_event_timestamp === true) return materialize(deps, req, principal, { views, full: true });
  if (!start_ts || !end_ts) throw FeastFault.ofValue('start_ts and end_ts are required when disable_event_timestamp is False');
  const [start, end] = [timeOf(start_ts), timeOf(end_ts)];
  if (start >= end) throw FeastFault.ofValue(`start_ts (${start}) must be before end_ts (${end})`);
  return materialize(deps, req, principal, { views, start, end });
}

/** `/materialize-incremental`: from where each view is, to a time. */
export function materializeIncremental(deps: MaterializeDeps, req: Request, principal: Principal): Promise<Accepted> {
  const { end_ts, feature_views } = checkBody(req.body, INCREMENTAL_FIELDS);
  return materialize(deps, req, principal, { views: viewsOf(deps.definitions, feature_views), end: timeOf(end_ts) });
}

/**
 * Starts a run, which the ledger shows like any other, and waits for it unless the caller asked for `async=true`.
 * @throws FeastFault `busy` when a view is being materialized, unless the caller waits or forces
 */
async function materialize(
  { pool, runs }: MaterializeDeps,
  req: Request,
  principal: Principal,
  input: MaterializationInput & { views: string[] },
): Promise<Accepted> {
  const run = newRunName(new Date());
  const id = runId('featureMaterialization', run);
  if (isAsync(req)) await reserve(pool, { views: input.views, owner: id, force: isOn(req.query['force']) });
  try {
    await launchRun(
      { pool, runs },
      { workflow: 'featureMaterialization', run, input: { full: false, ...input }, startedBy: principal.name },
    );
  } catch (error) {
    for (const view of input.views) await releaseView(pool, view, id);
    throw error;
  }
  if (!isAsync(req)) await untilEnded(runs, id, req);
  return { views: input.views, runId: id };
}

export const isAsync = (req: Request): boolean => isOn(req.query['async']);
const isOn = (value: unknown) => /^(true|1|yes|on|t|y)$/i.test(String(value));

async function reserve(pool: Pool, reservation: { views: string[]; owner: string; force: boolean }): Promise<void> {
  const busy = await reserveViews(pool, reservation);
  if (busy.length === 0) return;
  const names = busy.map((name) => `'${name}'`).join(', ');
  throw FeastFault.ofBusy({
    error:
      `Cannot start async materialization — the following feature views are already in MATERIALIZING state: [${names}]. ` +
      'Use ?force=true to override.',
    feature_views: busy,
  });
}

const LOOK_EVERY_MS = 100;

/** A caller that hangs up ends the wait, not the run. */
async function untilEnded(runs: TemporalRuns, id: string, req: Request): Promise<void> {
  while (!req.socket.destroyed) {
    const run = await runs.describe(id);
    if (run === 'missing') throw unavailable('temporal');
    if (run.state === 'success') return;
    if (run.state !== 'running') throw FeastFault.ofRun(`materialization ${id} ${run.state}: ${run.error ?? 'no reason given'}`);
    await sleep(LOOK_EVERY_MS);
  }
}

/** All that can be computed where none is named. */
function viewsOf({ views }: FeatureDefinitions, names: unknown): string[] {
  const asked = (names ?? []) as string[];
  const unknown = asked.find((name) => !views.some((view) => view.name === name));
  if (unknown !== undefined) throw viewNotFound(unknown);
  return asked.length > 0 ? [...new Set(asked)] : views.flatMap(({ name, sourceSql }) => (sourceSql === null ? [] : [name]));
}

function timeOf(text: unknown): string {
  const ms = parseTime(text as string);
  if (Number.isNaN(ms)) throw FeastFault.ofValue(`Invalid timestamp format: Unknown string format: ${text as string}`);
  return new Date(ms).toISOString();
}
