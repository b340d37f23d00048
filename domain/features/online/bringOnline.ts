import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Pool } from '../../../platform/postgres.ts';
import { columnsOf, quoteName, toFeatureValue } from '../offlineTable.ts';
import type { FeatureView } from '../views/view.ts';
import { encodeValues } from './encoding.ts';
import { leaseView, readProgress, releaseView, type Done, type Progress } from './leases.ts';
import type { EntityRow, OnlineStore } from './store.ts';

export interface BringOnline {
  readonly view: FeatureView;
  /** The run; a second attempt of it goes on where the first stopped */
  readonly run: string;
  /** Rows later than this; from where the view was brought online to when missing */
  readonly start?: Date;
  readonly end: Date;
  /** From the beginning */
  readonly full: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (online: number) => void;
  /** Entities of one chunk */
  readonly chunk?: number;
}

const CHUNK = 2_000;
const RENEW_EVERY_MS = 5_000;
const TRY_AGAIN_MS = 250;
/** Rows that a transaction was still writing when the last run looked were made longer ago than their commit. */
const OVERLAP_MS = 3_600_000;

/**
 * Brings the latest offline row of each entity online, as one batch. Runs of one view take turns.
 * @throws BatchGivenUp when another run took the view by force; RedisUnavailable. Trying again goes on from the last chunk
 */
export async function bringOnline(
  { pool, store }: { pool: Pool; store: OnlineStore },
  request: BringOnline,
): Promise<{ online: number; start: Date | null }> {
  const { view, run, signal } = request;
  while (!(await leaseView(pool, view.name, run))) await sleep(TRY_AGAIN_MS, undefined, { signal });
  const renewal = setInterval(() => void leaseView(pool, view.name, run).catch(() => undefined), RENEW_EVERY_MS);
  let done: Done | undefined;
  try {
    const progress = await readProgress(pool, view.name);
    const window = windowOf(request, progress, await store.isFilled(view.name));
    const online = await writeBatch({ pool, store }, request, window);
    done = progressOf(request, window, progress);
    return { online, start: window.start };
  } finally {
    clearInterval(renewal);
    await releaseView(pool, view.name, run, done).catch(() => undefined); // the lease ends by itself
  }
}

/** How far the view is now. A window that leaves a gap behind what was brought online before moves nothing on. */
function progressOf({ start: asked, end }: BringOnline, { start }: Window, { materializedTo, now }: Progress): Done {
  const leavesGap = start !== null && (materializedTo === null || start > materializedTo);
  return {
    materializedTo: leavesGap ? null : end,
    offlineSeenAt: asked === undefined ? new Date(now.getTime() - OVERLAP_MS) : null,
  };
}

interface Window {
  /** null: from the beginning */
  readonly start: Date | null;
  readonly end: Date;
  /** Rows made later count whatever their event time: corrections of the past. */
  readonly madeAfter: Date | null;
}

function windowOf({ start, end, full }: BringOnline, { materializedTo, offlineSeenAt }: Progress, isFilled: boolean): Window {
  if (start) return { start, end, madeAfter: null };
  if (full || !isFilled) return { start: null, end, madeAfter: null };
  return { start: materializedTo, end, madeAfter: offlineSeenAt };
}

async function writeBatch({ pool, store }: { pool: Pool; store: OnlineStore }, request: BringOnline, window: Window): Promise<number> {
  const { view, run, signal, onProgress, chunk = CHUNK } = request;
  let after = await store.begin(view.name, run);
  let online = 0;
  for (;;) {
    signal.throwIfAborted();
    const rows = await readLatest(pool, view, window, { after, limit: chunk });
    if (rows.length > 0) await store.stage(view.name, run, rows);
    online += rows.length;
    onProgress(online);
    if (rows.length < chunk) break;
    after = rows.at(-1)?.entityId ?? null;
  }
  await store.commit(view.name, run);
  return online;
}

/** The latest row of each of the next entities, in the order of their ids. */
async function readLatest(
  db: Database,
  view: FeatureView,
  { start, end, madeAfter }: Window,
  { after, limit }: { after: string | null; limit: number },
): Promise<EntityRow[]> {
  const { rows } = await db.query<Record<string, unknown>>(
    `select distinct on (entity_id) entity_id, event_timestamp, created_at, ${columnsOf(view)} from ${quoteName(view.offlineTable)}
     where entity_id > $1 and event_timestamp <= $2 and (event_timestamp > $3 or created_at > $4)
     order by entity_id, event_timestamp desc, created_at desc limit $5`,
    [after ?? '', end, start ?? '-infinity', madeAfter ?? 'infinity', limit],
  );
  return rows.map((row) => ({
    entityId: row['entity_id'] as string,
    eventMs: (row['event_timestamp'] as Date).getTime(),
    createdMs: (row['created_at'] as Date).getTime(),
    text: encodeValues(view.features, Object.fromEntries(view.features.map(({ name, type }) => [name, valueOf(type, row[name])]))),
  }));
}

/** The driver gives a list of bigints as text. */
const valueOf = (type: string, value: unknown) =>
  type === 'int64_list' && Array.isArray(value) ? value.map(Number) : toFeatureValue(value);
