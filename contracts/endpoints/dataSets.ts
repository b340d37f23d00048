import { z } from 'zod';
import { dataSetNameSchema, dataSetSchema, removedSetSchema } from '../dataSets.ts';
import { importPreviewSchema, previewInputSchema } from '../importPreview.ts';
import type { EndpointDescription } from './endpoint.ts';

const tag = 'data';
const path = '/api/v1/data/sets';
const one = { path: `${path}/:set`, tag, params: z.object({ set: dataSetNameSchema }), problems: ['missing'] } as const;

/** The sets whose ratings are here. */
export const dataSets = {
  list: {
    method: 'get',
    path,
    tag,
    summary: 'Sets of ratings that are here, by name',
    role: 'viewer',
    answer: z.object({ sets: z.array(dataSetSchema) }),
  },
  preview: {
    method: 'post',
    path: '/api/v1/data/preview',
    tag,
    summary: 'How an own log of choices would be read by `dataImport`, as the API sees its file; changes nothing',
    role: 'operator',
    body: previewInputSchema,
    answer: importPreviewSchema,
  },
  get: { ...one, method: 'get', role: 'viewer', summary: 'A set of ratings', answer: dataSetSchema },
  remove: {
    ...one,
    method: 'delete',
    role: 'operator',
    problems: ['missing', 'conflict'],
    summary: 'Removes a set: its ratings, its users, and the movies that it alone had brought',
    answer: removedSetSchema,
  },
} as const satisfies Record<string, EndpointDescription>;
