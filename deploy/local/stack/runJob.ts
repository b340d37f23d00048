import { spawn } from 'node:child_process';
import path from 'node:path';
import { z } from 'zod';
import { PROJECT_ROOT } from '../../../platform/config.ts';
import { StartError } from '../supervision/startError.ts';

const failureSchema = z.object({ failure: z.string() });
const KEPT_LINES = 5;

interface Job<Answer extends z.ZodType> {
  /** In `dist/jobs/` */
  readonly script: string;
  readonly request: unknown;
  readonly answer: Answer;
  /** What it does, where that goes wrong */
  readonly what: string;
  /** Gets each line of its standard error */
  readonly onLine: (line: string) => void;
}

/**
 * Runs a program of `jobs/` to its end.
 * @throws StartError with its reason, or with the end of what it said
 */
export async function runJob<Answer extends z.ZodType>({ script, request, answer, what, onLine }: Job<Answer>): Promise<z.output<Answer>> {
  const file = path.join(PROJECT_ROOT, 'dist', 'jobs', script);
  const child = spawn(process.execPath, ['--enable-source-maps', file, JSON.stringify(request)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const lastLines: string[] = [];
  let answered = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (answered += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n').filter(Boolean)) {
      lastLines.splice(0, lastLines.length, ...lastLines.slice(1 - KEPT_LINES), line);
      onLine(line);
    }
  });
  const ending = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? `code ${code}`));
  });
  if (answered === '') throw new StartError(`${what} ended with ${ending}\n${lastLines.join('\n')}`);
  const parsed = z.union([failureSchema, answer]).parse(JSON.parse(answered)) as z.output<Answer> | z.output<typeof failureSchema>;
  if (typeof parsed === 'object' && parsed !== null && 'failure' in parsed) throw new StartError(parsed.failure);
  return parsed;
}
