import type { z } from 'zod';
import { fieldErrorsOf } from '../../contracts/bounded.ts';
import { movieRefSchema, userIdSchema } from '../../contracts/events.ts';
import { invalid, invalidFields, refused } from '../../contracts/failures.ts';
import { inferRequestSchema, type InferInput, type InferRequest } from '../../contracts/openInference.ts';
import { ROWS_OF_REQUEST, USERS_OF_REQUEST } from '../../contracts/sizes.ts';
import { refuseDeepJson } from '../../platform/http/jsonDepth.ts';
import { bodyNotUtf8, Problem } from '../../platform/http/problems.ts';
import { parse } from '../../platform/http/validate.ts';
import { isUtf8 } from 'node:buffer';
import { idReaderOf } from './datatypes.ts';

/** Where the JSON of a body ends and the bytes of its tensors begin: the binary tensor data extension. */
export const JSON_LENGTH_HEADER = 'inference-header-content-length';

/** What a caller asks for. */
export interface PairsRequest {
  readonly request: InferRequest;
  readonly userIds: readonly string[];
  /** As callers name movies, as many. */
  readonly movieRefs: readonly string[];
  /** Of the movies' tensor; outputs have it too. */
  readonly shape: readonly number[];
}

/**
 * @param jsonLength of the header; undefined where all of the body is JSON
 * @throws Problem `badRequest` where it is no JSON, Failure `invalid` that says what is wrong of which tensor
 */
export function readInferRequest(body: Buffer, jsonLength: string | undefined): PairsRequest {
  const length = jsonLength === undefined ? body.length : Number(/^\d{1,15}$/.exec(jsonLength)?.[0] ?? NaN);
  if (!(length <= body.length)) throw invalid(JSON_LENGTH_HEADER, `a number of bytes, at most the ${body.length} of the body`);
  const request = parse(inferRequestSchema, parseJson(body.subarray(0, length)), 'body');
  const tensors = withBytes(request.inputs, body.subarray(length));
  const unknown = tensors.find(({ input }) => !INPUTS.includes(input.name));
  if (unknown) throw refused(`there is no input ${unknown.input.name}; there are ${INPUTS.join(' and ')}`);
  const users = readIds(onlyOf(tensors, 'user_id'), userIdSchema);
  const movies = readIds(onlyOf(tensors, 'movie_id'), movieRefSchema);
  return { request, userIds: eachUser(users.ids, movies.ids.length), movieRefs: movies.ids, shape: movies.shape };
}

const INPUTS = ['user_id', 'movie_id'];

function parseJson(json: Buffer): unknown {
  if (!isUtf8(json)) throw bodyNotUtf8();
  refuseDeepJson(json);
  try {
    return JSON.parse(json.toString());
  } catch (error) {
    throw new Problem('badRequest', `The body is not JSON: ${(error as Error).message}`);
  }
}

interface Tensor {
  readonly input: InferInput;
  /** Undefined where its data stands in the JSON. */
  readonly bytes: Buffer | undefined;
}

/** Gives each tensor its part of the bytes behind the JSON, in the order of the tensors. */
function withBytes(inputs: readonly InferInput[], binary: Buffer): Tensor[] {
  let at = 0;
  const tensors = inputs.map((input) => {
    const size = input.parameters['binary_data_size'];
    if (input.parameters['shared_memory_region'] !== undefined) throw refused(`${input.name}: shared memory is not served; send its data`);
    if ((size === undefined) === (input.data === undefined)) throw refused(`${input.name} needs either data or binary_data_size`);
    if (size === undefined) return { input, bytes: undefined };
    if (!Number.isInteger(size) || (size as number) < 0) throw refused(`${input.name}: binary_data_size is a number of bytes`);
    return { input, bytes: binary.subarray(at, (at += size as number)) };
  });
  if (at !== binary.length) throw refused(`the inputs have ${at} bytes of binary data, and ${binary.length} came behind the JSON`);
  return tensors;
}

function onlyOf(tensors: readonly Tensor[], name: string): Tensor {
  const [tensor, another] = tensors.filter(({ input }) => input.name === name);
  if (!tensor) throw refused(`the input ${name} is missing`);
  if (another) throw refused(`there are two inputs ${name}`);
  return tensor;
}

/** The shape is looked at before anything is made of its size. */
function readIds({ input, bytes }: Tensor, schema: z.ZodType<string>): { ids: string[]; shape: readonly number[] } {
  const { name, datatype, shape, data = [] } = input;
  const reader = idReaderOf(name, datatype);
  const count = countOf(name, shape);
  const { data: ids, error } = schema
    .array()
    .safeParse(bytes ? reader.fromBytes(bytes, count) : reader.fromJson(flatten(name, data, shape)));
  if (error) throw invalidFields(fieldErrorsOf(error, name));
  return { ids, shape };
}

function countOf(name: string, shape: readonly number[]): number {
  const count = shape.reduce((product, size) => product * size, 1);
  const told = `${name} has the shape [${shape.join(', ')}]`;
  if (count < 1 || count > ROWS_OF_REQUEST) throw refused(`${told}; 1 to ${ROWS_OF_REQUEST} elements are taken`);
  if (shape.length === 2 && shape[1] !== 1) throw refused(`${told}; [n] and [n, 1] are taken`);
  return count;
}

/** Data may be flat, or nest as the shape does. */
function flatten(name: string, data: readonly unknown[], shape: readonly number[]): unknown[] {
  const isNested = shape.length === 2 && data.every(Array.isArray);
  const rows = isNested ? (data as unknown[][]).map((row) => (row.length === 1 ? row[0] : row)) : [...data];
  if (rows.length !== shape[0] || rows.some(Array.isArray))
    throw refused(`the data of ${name} does not have the shape [${shape.join(', ')}]`);
  return rows;
}

/** One user stands for all movies. */
function eachUser(userIds: readonly string[], count: number): readonly string[] {
  if (userIds.length === 1) return Array<string>(count).fill(userIds[0]!);
  if (userIds.length !== count) throw refused(`user_id has ${userIds.length} elements and movie_id ${count}; as many, or one user for all`);
  const users = new Set(userIds).size;
  if (users > USERS_OF_REQUEST) throw refused(`there are ${users} different users; at most ${USERS_OF_REQUEST} are taken`);
  return userIds;
}
