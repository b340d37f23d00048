import { refused } from '../../contracts/failures.ts';
import type { InferRequest } from '../../contracts/openInference.ts';
import type { AnsweredBy } from '../../contracts/recommendations.ts';

/** An answer, with its tensors in JSON, or as bytes behind it. */
export interface InferResponse {
  readonly json: object;
  /** Of the tensors that were asked for as bytes, in their order; empty where none was. */
  readonly binary: readonly Buffer[];
}

interface Output {
  readonly datatype: string;
  readonly toJson: (scores: Float32Array) => unknown[];
  readonly toBytes: (scores: Float32Array) => Buffer;
}

export const OUTPUTS: Readonly<Record<'score' | 'known', Output>> = {
  score: {
    datatype: 'FP32',
    // JSON has no NaN.
    toJson: (scores) => Array.from(scores, (score) => (Number.isNaN(score) ? null : score)),
    toBytes(scores) {
      const bytes = Buffer.alloc(scores.length * Float32Array.BYTES_PER_ELEMENT);
      scores.forEach((score, at) => bytes.writeFloatLE(score, at * Float32Array.BYTES_PER_ELEMENT));
      return bytes;
    },
  },
  known: {
    datatype: 'BOOL',
    toJson: (scores) => Array.from(scores, (score) => !Number.isNaN(score)),
    toBytes: (scores) => Buffer.from(Array.from(scores, (score) => Number(!Number.isNaN(score)))),
  },
};

/** The outputs that a request asks for, all where it names none. @throws Failure `invalid` for one that is not there */
export function outputsOf({ outputs, parameters }: InferRequest): { name: keyof typeof OUTPUTS; isBinary: boolean }[] {
  const isBinary = parameters['binary_data_output'] === true;
  if (outputs.length === 0) return NAMES.map((name) => ({ name, isBinary }));
  return outputs.map(({ name, parameters: own }) => {
    const known = NAMES.find((output) => output === name);
    if (!known) throw refused(`there is no output ${name}; there are ${NAMES.join(' and ')}`);
    if (own['shared_memory_region'] !== undefined) throw refused(`${name}: shared memory is not served`);
    return { name: known, isBinary: typeof own['binary_data'] === 'boolean' ? own['binary_data'] : isBinary };
  });
}
const NAMES = ['score', 'known'] as const;

/** @param scores NaN where there is none */
export function inferResponse(
  { name, version }: AnsweredBy,
  {
    id,
    outputs,
    scores,
    shape,
  }: { id: string | undefined; outputs: ReturnType<typeof outputsOf>; scores: Float32Array; shape: readonly number[] },
): InferResponse {
  const binary: Buffer[] = [];
  const tensors = outputs.map(({ name: output, isBinary }) => {
    const { datatype, toJson, toBytes } = OUTPUTS[output];
    const head = { name: output, datatype, shape };
    if (!isBinary) return { ...head, data: toJson(scores) };
    const bytes = toBytes(scores);
    binary.push(bytes);
    return { ...head, parameters: { binary_data_size: bytes.length } };
  });
  return { json: { model_name: name, model_version: version, ...(id !== undefined && { id }), outputs: tensors }, binary };
}
