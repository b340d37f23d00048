import { evaluationAnswerSchema, type EvaluationAnswer, type EvaluationRequest } from '../../../contracts/evaluation.ts';
import { runJob } from './runJob.ts';

/**
 * Trains and evaluates one model in a process of its own.
 * @param onProgress gets a line now and then
 * @throws StartError that says what is wrong with the data or the model
 */
export function evaluate(request: EvaluationRequest, onProgress: (line: string) => void): Promise<EvaluationAnswer> {
  const { kind } = request.spec;
  const onLine = (line: string) => {
    if (line.startsWith(`${kind}: `)) onProgress(line);
  };
  return runJob({ script: 'evaluateLocally.js', request, answer: evaluationAnswerSchema, what: `the evaluation of ${kind}`, onLine });
}
