import { spawn } from 'node:child_process';
import path from 'node:path';
import { z } from 'zod';
import { evaluationAnswerSchema, type EvaluationAnswer, type EvaluationRequest } from '../../../contracts/evaluation.ts';
import { PROJECT_ROOT } from '../../../platform/config.ts';
import { StartError } from '../supervision/startError.ts';

const answerSchema = z.union([evaluationAnswerSchema, z.object({ failure: z.string() })]);
const KEPT_LINES = 5;

/**
 * Trains and evaluates one model in a process of its own.
 * @param onProgress gets a line now and then
 * @throws StartError that says what is wrong with the data or the model
 */
export async function evaluate(request: EvaluationRequest, onProgress: (line: string) => void): Promise<EvaluationAnswer> {
  const script = path.join(PROJECT_ROOT, 'dist', 'jobs', 'evaluateLocally.js');
  const child = spawn(process.execPath, ['--enable-source-maps', script, JSON.stringify(request)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const lastLines: string[] = [];
  let answer = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (answer += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n').filter(Boolean)) {
      lastLines.splice(0, lastLines.length, ...lastLines.slice(1 - KEPT_LINES), line);
      if (line.startsWith(`${request.spec.kind}: `)) onProgress(line);
    }
  });
  const ending = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? `code ${code}`));
  });
  if (answer === '') throw new StartError(`the evaluation of ${request.spec.kind} ended with ${ending}\n${lastLines.join('\n')}`);
  const parsed = answerSchema.parse(JSON.parse(answer));
  if ('failure' in parsed) throw new StartError(parsed.failure);
  return parsed;
}
