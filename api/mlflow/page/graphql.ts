import express, { type Response, type Router } from 'express';
import { execute, GraphQLError, isListType, parse, validate, visit, type DocumentNode, type GraphQLFieldResolver } from 'graphql';
import { z } from 'zod';
import { requireRole, type Principal } from '../../../platform/http/access.ts';
import { bodyOf, readRequest, type MlflowCall } from '../call.ts';
import { MlflowFault } from '../faults.ts';
import { createGraphqlSchema, restName, type Lookups } from './graphqlSchema.ts';

/** The page's longest query has some 130 tokens. */
const MOST_TOKENS = 1_000;
/** As in MLflow, whose runs are otherwise read as often as one query names them. */
const MOST_ROOT_FIELDS = 10;

/** Which call of the REST API answers a field of GraphQL's root. */
const REST_CALLS: Readonly<Record<string, string>> = {
  mlflowGetExperiment: '/experiments/get',
  mlflowGetRun: '/runs/get',
  mlflowSearchRuns: '/runs/search',
  mlflowGetMetricHistoryBulkInterval: '/metrics/get-history-bulk-interval',
};

const requestSchema = z.object({
  query: z.string(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
});

/** `POST /graphql`: what MLflow's web page asks of runs and experiments, answered by the calls of the REST API. */
export function createGraphql(calls: readonly MlflowCall[]): Router {
  const schema = createGraphqlSchema();
  const answerOf = (path: string, sent: Readonly<Record<string, unknown>>, principal: Principal) => {
    const { request, answer } = calls.find((call) => call.path === path)!;
    return answer(readRequest(request, sent), principal);
  };
  const lookupsOf = (principal: Principal): Lookups => ({
    experiment: atOnce(async (ids) => {
      const read = ids.map((id) => answerOf('/experiments/get', { experiment_id: id }, principal) as Promise<{ experiment: object }>);
      return new Map((await Promise.all(read)).map(({ experiment }, nth) => [ids[nth]!, experiment]));
    }),
    modelVersions: atOnce(async (runIds) => {
      const filter = `run_id IN (${runIds.map((id) => `'${id}'`).join(', ')})`;
      const { model_versions: versions = [] } = (await answerOf('/model-versions/search', { filter }, principal)) as FoundVersions;
      return new Map(runIds.map((id) => [id, versions.filter(({ run_id: runId }) => runId === id)]));
    }),
  });
  const rootOf = (principal: Principal) =>
    Object.fromEntries(
      Object.entries(REST_CALLS).map(([field, path]) => [
        field,
        ({ input }: { input?: Readonly<Record<string, unknown>> | null }) =>
          answerOf(path, Object.fromEntries(Object.entries(input ?? {}).map(([name, value]) => [restName(name), value])), principal),
      ]),
    );

  return express.Router().post('/graphql', requireRole('viewer'), async (req, res: Response) => {
    const { query, operationName, variables } = readRequest(requestSchema, bodyOf(req.body));
    const document = readQuery(query);
    const errors = document instanceof GraphQLError ? [document] : validate(schema, document);
    if (document instanceof GraphQLError || errors.length > 0) return void res.json({ data: null, errors: errors.map(messageOf) });
    const principal = res.locals['principal'] as Principal;
    const result = await execute({
      schema,
      document,
      rootValue: rootOf(principal),
      contextValue: lookupsOf(principal),
      fieldResolver: resolveField,
      ...(variables && { variableValues: variables }),
      ...(operationName && { operationName }),
    });
    const unknown = result.errors?.find(({ originalError }) => originalError && !(originalError instanceof MlflowFault));
    if (unknown) throw unknown.originalError!;
    res.json({ data: result.data ?? null, errors: result.errors ? result.errors.map(messageOf) : null });
  });
}

interface FoundVersions {
  readonly model_versions?: readonly { readonly run_id?: string }[];
}

/** Looks up what is asked for one after the other in one turn together, so that a list of runs costs one query and not one a run. */
function atOnce<T>(readAll: (ids: readonly string[]) => Promise<ReadonlyMap<string, T>>): (id: string) => Promise<T> {
  let waiting: { readonly ids: Set<string>; readonly found: Promise<ReadonlyMap<string, T>> } | undefined;
  return async (id) => {
    if (!waiting) {
      const ids = new Set<string>();
      const found = new Promise<void>(setImmediate).then(() => {
        waiting = undefined;
        return readAll([...ids]);
      });
      waiting = { ids, found };
    }
    waiting.ids.add(id);
    return (await waiting.found).get(id)!;
  };
}

/** @returns what is wrong, for what is no query or one of too many words */
function readQuery(query: string): DocumentNode | GraphQLError {
  try {
    const document = parse(query, { maxTokens: MOST_TOKENS });
    let rootFields = 0;
    visit(document, { Field: ({ name }) => void (rootFields += Number(Object.hasOwn(REST_CALLS, name.value))) });
    if (rootFields <= MOST_ROOT_FIELDS) return document;
    return new GraphQLError(`GraphQL queries should have at most ${MOST_ROOT_FIELDS} root fields, got ${rootFields} root fields.`);
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}

const messageOf = ({ message }: GraphQLError) => ({ message });

/** A field under its name of the REST API; what takes input, by calling it. A list that the REST API leaves out is empty here, which the page relies on. */
const resolveField: GraphQLFieldResolver<Record<string, unknown>, Lookups> = (source, input, _lookups, { fieldName, returnType }) => {
  const value = Object.hasOwn(source, fieldName) ? source[fieldName] : source[restName(fieldName)];
  if (typeof value === 'function') return (value as (sent: object) => unknown)(input as object);
  return value ?? (isListType(returnType) ? [] : null);
};
