import { refused } from '../../contracts/failures.ts';
import { z } from 'zod';
import type { RunLogLine } from '../../contracts/runs.ts';
import { listStepLogs, type LedgerStep } from '../../domain/runs/readRun.ts';
import type { Pool } from '../../platform/postgres.ts';

const FRAGMENT_LINES = 1_000;
/** The log of a step is some dozens of lines; no answer is to grow without bound. */
const MAX_LINES = 100_000;

const tokenSchema = z.object({ log_pos: z.number().int().min(0).max(MAX_LINES), end_of_log: z.boolean() });

/**
 * The log of one try, from where `token` left off.
 * @returns the token to go on with: at the end of the log it gives nothing until there is more
 * @throws Failure `invalid` for a token that is none of ours
 */
export async function readLog(
  pool: Pool,
  runId: string,
  { workflowId, activityId, step }: LedgerStep,
  { token, all }: { token: string | undefined; all: boolean },
): Promise<{ host: string; text: string; token: string }> {
  const after = token === undefined || token === '' ? 0 : readToken(token);
  const limit = all ? MAX_LINES : FRAGMENT_LINES;
  const lines = await listStepLogs(pool, runId, { step: step.step, workflowId, activityId, attempt: step.attempt, after, limit });
  const end = { log_pos: after + lines.length, end_of_log: lines.length < limit && step.state !== 'running' };
  return { host: step.worker, text: lines.map(lineText).join(''), token: Buffer.from(JSON.stringify(end)).toString('base64url') };
}

/** `[2026-01-01T00:00:00.000+0000] {stage_set} INFO - set staged dataset=movielens` */
function lineText({ logged_at, level, step, message, fields }: RunLogLine): string {
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return `[${logged_at.replace('Z', '+0000')}] {${step}} ${level.toUpperCase()} - ${message}${rest.join('')}\n`;
}

function readToken(token: string): number {
  try {
    return tokenSchema.parse(JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))).log_pos;
  } catch {
    throw refused('Bad Signature. Please use only the tokens provided by the API.');
  }
}
