import express, { type Router } from 'express';
import type { z } from 'zod';
import type { Role } from '../../contracts/roles.ts';
import { findUnkeepable } from '../../contracts/text.ts';
import { auditedRequest } from '../../platform/audit.ts';
import { requireRole, type Principal } from '../../platform/http/access.ts';
import { invalidParameter, missingValue, SEE_DOCS } from './faults.ts';

/** One call of MLflow's REST API. */
export interface MlflowCall<S extends z.ZodObject = z.ZodObject> {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** Under the prefix, such as `/runs/create` */
  readonly path: string;
  readonly role: Role;
  /** Of the query of a GET, else of the JSON body, with the path's own parameters; other fields are passed over, as MLflow does. */
  readonly request: S;
  /** @returns the body of the answer */
  readonly answer: (request: z.output<S>, principal: Principal) => Promise<object>;
}

/** Keeps the types of a call's request. */
export const call = <S extends z.ZodObject>(description: MlflowCall<S>): MlflowCall => description;

/** Mounts calls, without a prefix. */
export function mountCalls(calls: readonly MlflowCall[]): Router {
  const router = express.Router();
  for (const { method, path, role, request, answer } of calls) {
    router[method](path, requireRole(role, takingOf(method, path)), async (req, res) => {
      const sent = method === 'get' ? req.query : bodyOf(req.body);
      const input = readRequest(request, { ...sent, ...req.params });
      await auditedRequest()?.begin();
      // Not by res.json, which digests every answer for an ETag that no client of MLflow's asks for.
      res
        .setHeader('content-type', 'application/json; charset=utf-8')
        .end(JSON.stringify(await answer(input, res.locals['principal'] as Principal)));
    });
  }
  return router;
}

/** What clients log of runs and logged models is data, kept as such; deleting it, and anything about experiments, models and webhooks, is a change. */
const takingOf = (method: MlflowCall['method'], path: string) =>
  /^\/(runs|logged-models)\b/.test(path) && method !== 'delete' && !/\/(delete|restore)$/.test(path) ? 'data' : 'change';

/** @throws MlflowFault for a body that is no object */
export function bodyOf(body: unknown): Readonly<Record<string, unknown>> {
  if (body === undefined) return {};
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Readonly<Record<string, unknown>>;
  throw invalidParameter(`The request body is no JSON object. ${SEE_DOCS}`);
}

/** @throws MlflowFault that names the first parameter at fault, in MLflow's words */
export function readRequest<S extends z.ZodObject>(schema: S, sent: Readonly<Record<string, unknown>>): z.output<S> {
  const unkeepable = findUnkeepable(sent, 'request');
  if (unkeepable) throw invalidParameter(`Invalid value for parameter '${unkeepable.at}' supplied: it ${unkeepable.why}.`);
  const { data, error } = schema.safeParse(sent);
  if (!error) return data;
  const { path, message } = error.issues[0]!;
  const name = path.join('.');
  const value = path.reduce<unknown>((within, key) => (within as Record<PropertyKey, unknown> | undefined)?.[key], sent);
  if (value === undefined || value === null || value === '') throw missingValue(name);
  throw invalidParameter(`Invalid value ${JSON.stringify(value)} for parameter '${name}' supplied: ${message}. ${SEE_DOCS}`);
}
