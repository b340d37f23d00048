import type { EvaluationRequest } from '../contracts/evaluation.ts';
import { Failure } from '../contracts/failures.ts';
import { evaluateLocally } from '../domain/recommender/evaluation/local/evaluateLocally.ts';
import { readConfig } from '../platform/config.ts';
import { openTensorflow } from '../platform/tensorflow.ts';

/**
 * Trains and evaluates one model and ends: the request is the one argument, as JSON; the answer is the one line on standard output, progress goes to
 * standard error. A process a model, so that its peak memory is its own.
 */
const request = JSON.parse(process.argv[2] ?? '{}') as EvaluationRequest;
const config = readConfig();
const interrupted = new AbortController();
process.once('SIGTERM', () => interrupted.abort(new Error('ended by SIGTERM')));
try {
  const answer = await evaluateLocally(request, await openTensorflow(config.tfBackend), {
    signal: interrupted.signal,
    maxRejectShare: config.quality.maxRejectShare,
    onProgress: ({ epoch, epochs, loss }) =>
      process.stderr.write(`${request.spec.kind}: epoch ${epoch}/${epochs}, loss ${loss?.toFixed(4) ?? '-'}\n`),
  });
  process.stdout.write(`${JSON.stringify(answer)}\n`);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  process.stdout.write(`${JSON.stringify({ failure: error.message })}\n`);
  process.exitCode = 1;
}
