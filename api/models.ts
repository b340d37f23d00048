import { z } from 'zod';
import { notFound } from '../contracts/problem.ts';
import { registeredModelDetailSchema, registeredModelSchema } from '../contracts/registry.ts';
import { getModel, listModels } from '../domain/registry/models.ts';
import type { Pool } from '../platform/postgres.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

const tag = 'models';
const params = z.object({ name: z.string().min(1).max(256) });

/** The registry, to read. */
export const createModelEndpoints = ({ pool }: { pool: Pool }): Endpoint[] => [
  endpoint(
    {
      method: 'get',
      path: '/api/v1/models',
      tag,
      role: 'viewer',
      summary: 'Registered models, with their aliases and newest versions',
      answer: z.object({ models: z.array(registeredModelSchema) }),
    },
    async () => ({ models: await listModels(pool) }),
  ),
  endpoint(
    {
      method: 'get',
      path: '/api/v1/models/:name',
      tag,
      role: 'viewer',
      summary: "A registered model with every version's metrics and the gate's verdict on it",
      params,
      answer: registeredModelDetailSchema,
      problems: [404],
    },
    async ({ params: { name } }) => {
      const model = await getModel(pool, name);
      if (!model) throw notFound(`There is no registered model ${name}`);
      return model;
    },
  ),
];
