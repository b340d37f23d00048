import { z } from 'zod';
import { invalid } from '../../contracts/failures.ts';
import type { Run, RunState } from '../../contracts/runs.ts';
import { RUN_ID_CHARACTERS } from '../../contracts/sizes.ts';
import { isStorable } from '../../contracts/text.ts';
import { parseTime } from '../../contracts/time.ts';
import type { Database } from '../../platform/postgres.ts';
import { RUN_COLUMNS, toRun, type RunRow } from './runRow.ts';

export interface RunFilter {
  readonly workflow?: string | undefined;
  readonly state?: RunState | undefined;
  /** That a run did itself, or a part of it: `bring_online` */
  readonly step?: string | undefined;
  /** Of that step, or of any */
  readonly part?: string | undefined;
  /** Where the page before ended, as its `next_cursor` said */
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/**
 * One page of runs, newest first. Runs that start meanwhile shift nothing: a page goes on after the last run of the one before.
 * @throws Failure `invalid` when the cursor is none of ours
 */
export async function listRuns(
  db: Database,
  { workflow, state, step, part, cursor, limit }: RunFilter,
): Promise<{ runs: Run[]; next_cursor: string | null }> {
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const conditions = [
    ...(workflow === undefined ? [] : [{ sql: (n: number) => `workflow = $${n}`, values: [workflow] }]),
    ...(state === undefined ? [] : [{ sql: (n: number) => `state = $${n}`, values: [state] }]),
    ...(step === undefined && part === undefined ? [] : [{ sql: didStep, values: [step ?? null, part ?? null] }]),
    ...(after === undefined ? [] : [{ sql: (n: number) => `(created_at, run_id) < ($${n}::timestamptz, $${n + 1})`, values: after }]),
  ];
  const values: unknown[] = [];
  const where = conditions.map(({ sql, values: added }) => sql(values.push(...added) - added.length + 1)).join(' and ');
  // One more than the page tells whether there is a next one. The text of the time keeps the microseconds that a Date drops.
  const { rows } = await db.query<RunRow & { position: string }>(
    `select ${RUN_COLUMNS}, runs.created_at::text as position from runs ${where && `where ${where}`}
     order by runs.created_at desc, run_id desc limit ${limit + 1}`,
    values,
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { runs: page.map(toRun), next_cursor: rows.length > limit && last ? writeCursor(last.position, last.run_id) : null };
}

const didStep = (n: number) =>
  `exists (select from run_steps s where s.run_id = runs.run_id and ($${n}::text is null or s.step = $${n}) and ($${n + 1}::text is null or s.part = $${n + 1}))`;

const cursorSchema = z.tuple([
  z.string().refine((text) => !Number.isNaN(parseTime(text)), 'no time'),
  z.string().min(1).max(RUN_ID_CHARACTERS).refine(isStorable),
]);

const writeCursor = (...position: z.infer<typeof cursorSchema>) => Buffer.from(JSON.stringify(position)).toString('base64url');

function readCursor(cursor: string): [string, string] {
  try {
    return cursorSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    throw invalid('cursor', 'is none that a page gave as its next_cursor');
  }
}
