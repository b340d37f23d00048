import { z } from 'zod';
import { ID_CHARACTERS } from './sizes.ts';

/** Axes of a tensor: a list, or a list of lists of one. */
const AXES = 2;
const NAMES = 20;
const name = z.string().max(ID_CHARACTERS);
const parameters = z.record(z.string(), z.unknown()).default({});

/** A tensor of a request of the Open Inference Protocol V2; its data stands in it, or behind the JSON as `parameters.binary_data_size` bytes. */
const inputSchema = z.object({
  name,
  datatype: name,
  shape: z.array(z.number().int().min(0)).min(1).max(AXES),
  parameters,
  data: z.array(z.unknown()).optional(),
});
export type InferInput = z.infer<typeof inputSchema>;

/** Fields beside these are other servers' extensions and passed over, as are parameters that say nothing here. */
export const inferRequestSchema = z.object({
  id: name.optional(),
  parameters,
  inputs: z.array(inputSchema).min(1).max(NAMES),
  outputs: z.array(z.object({ name, parameters })).max(NAMES).default([]),
});
export type InferRequest = z.infer<typeof inferRequestSchema>;
