import { z } from 'zod';
import type { Stage } from '../../contracts/registry.ts';
import { removeAlias, setAlias } from '../../domain/registry/aliases.ts';
import { withAuthor } from '../../domain/registry/author.ts';
import { findAliasedEntry, findLatest, findModelEntry, findVersionEntry, type ModelEntry } from '../../domain/registry/entries.ts';
import {
  createModel,
  deleteModel,
  describeModel,
  removeModelTag,
  renameModel,
  setModelTag,
} from '../../domain/registry/registeredModels.ts';
import type { Database, Pool } from '../../platform/postgres.ts';
import type { ApiDeps } from '../deps.ts';
import { call, type MlflowCall } from './call.ts';
import { alreadyExists, doesNotExist, inService, invalidParameter } from './faults.ts';
import { listOf, pairs, requiredText, textOr } from './fields.ts';
import { showModel, showVersion } from './modelShapes.ts';
import {
  checkAlias,
  checkDescription,
  checkModelName,
  checkNewAlias,
  checkTag,
  checkTagKey,
  readTags,
  readVersionNumber,
} from './modelNames.ts';
import { readStage, STAGES } from './stages.ts';

/** Why something changed, where it was a client of MLflow that changed it. */
export const BY_MLFLOW = "by MLflow's API";

export const noModelCalled = (name: string) => doesNotExist(`Registered Model with name=${name} not found`);
export const noVersionOf = (name: string, version: string) => doesNotExist(`Model Version (name=${name}, version=${version}) not found`);

/** Registered models, and the aliases of their versions. */
export function createRegisteredModelCalls({ pool }: Pick<ApiDeps, 'pool'>): MlflowCall[] {
  const named = z.object({ name: requiredText });
  const aliased = named.extend({ alias: requiredText });
  const latest = {
    path: '/registered-models/get-latest-versions',
    role: 'viewer',
    request: named.extend({ stages: listOf(z.string()) }),
    answer: async ({ name, stages }: { name: string; stages: string[] }) => ({
      model_versions: await latestOf(pool, name, stages.length > 0 ? stages.map(readStage) : STAGES),
    }),
  } as const;
  return [
    call({
      method: 'post',
      path: '/registered-models/create',
      role: 'operator',
      request: named.extend({ tags: pairs, description: textOr('') }),
      answer: async ({ name, tags, description }) => {
        checkModelName(name);
        checkDescription(description);
        if (!(await createModel(pool, { name, description, tags: readTags(tags) }))) throw alreadyExists(takenName(name));
        return { registered_model: showModel(await readModel(pool, name)) };
      },
    }),
    call({
      method: 'get',
      path: '/registered-models/get',
      role: 'viewer',
      request: named,
      answer: async ({ name }) => ({ registered_model: showModel(await readModel(pool, name)) }),
    }),
    call({
      method: 'patch',
      path: '/registered-models/update',
      role: 'operator',
      request: named.extend({ description: textOr('') }),
      answer: async ({ name, description }) => {
        checkModelName(name);
        checkDescription(description);
        if (!(await describeModel(pool, name, description))) throw noModelCalled(name);
        return { registered_model: showModel(await readModel(pool, name)) };
      },
    }),
    call({
      method: 'post',
      path: '/registered-models/rename',
      role: 'operator',
      request: named.extend({ new_name: requiredText }),
      answer: async ({ name, new_name: newName }, { name: who }) => {
        checkModelName(newName, 'new_name');
        checkModelName(name);
        const outcome = await withAuthor(pool, { name: who, reason: BY_MLFLOW }, (db) => renameModel(db, name, newName));
        if (outcome === 'missing') throw noModelCalled(name);
        if (outcome === 'taken') throw alreadyExists(takenName(newName));
        return { registered_model: showModel(await readModel(pool, newName)) };
      },
    }),
    call({
      method: 'delete',
      path: '/registered-models/delete',
      role: 'operator',
      request: named,
      answer: async ({ name }, { name: who }) => {
        checkModelName(name);
        const outcome = await withAuthor(pool, { name: who, reason: 'the model was deleted' }, (db) => deleteModel(db, name));
        if (outcome === 'missing') throw noModelCalled(name);
        if (outcome === 'in service') throw inService(`Registered Model with name=${name}`);
        return {};
      },
    }),
    call({ ...latest, method: 'get' }),
    call({ ...latest, method: 'post' }),
    call({
      method: 'post',
      path: '/registered-models/set-tag',
      role: 'operator',
      request: named.extend({ key: requiredText, value: textOr('') }),
      answer: async ({ name, key, value }) => {
        checkModelName(name);
        checkTag(key, value);
        if (!(await setModelTag(pool, name, key, value))) throw noModelCalled(name);
        return {};
      },
    }),
    call({
      method: 'delete',
      path: '/registered-models/delete-tag',
      role: 'operator',
      request: named.extend({ key: requiredText }),
      answer: async ({ name, key }) => {
        checkModelName(name);
        checkTagKey(key);
        if (!(await removeModelTag(pool, name, key))) throw noModelCalled(name);
        return {};
      },
    }),
    call({
      method: 'post',
      path: '/registered-models/alias',
      role: 'operator',
      request: aliased.extend({ version: requiredText }),
      answer: async ({ name, alias, version: asked }, { name: who }) => {
        checkModelName(name);
        checkNewAlias(alias);
        const version = readVersionNumber(asked);
        if (!(await findVersionEntry(pool, name, version))) throw noVersionOf(name, asked);
        await withAuthor(pool, { name: who, reason: BY_MLFLOW }, (db) => setAlias(db, { name, alias, version }));
        return {};
      },
    }),
    call({
      method: 'delete',
      path: '/registered-models/alias',
      role: 'operator',
      request: aliased,
      answer: async ({ name, alias }, { name: who }) => {
        checkModelName(name);
        checkAlias(alias);
        await readModel(pool, name);
        await withAuthor(pool, { name: who, reason: BY_MLFLOW }, (db) => removeAlias(db, name, alias));
        return {};
      },
    }),
    call({
      method: 'get',
      path: '/registered-models/alias',
      role: 'viewer',
      request: aliased,
      answer: async ({ name, alias }) => {
        checkModelName(name);
        checkAlias(alias);
        const found = alias.toLowerCase() === 'latest' ? await newestOf(pool, name) : await findAliasedEntry(pool, name, alias);
        if (found) return { model_version: showVersion(found) };
        await readModel(pool, name);
        throw invalidParameter(`Registered model alias ${alias} not found.`);
      },
    }),
  ];
}

const takenName = (name: string) => `Registered Model (name=${name}) already exists.`;

async function readModel(db: Database, name: string): Promise<ModelEntry> {
  checkModelName(name);
  const model = await findModelEntry(db, name);
  if (!model) throw noModelCalled(name);
  return model;
}

async function latestOf(pool: Pool, name: string, stages: readonly Stage[]): Promise<object[]> {
  checkModelName(name);
  const found = await findLatest(pool, name, stages);
  if (!found) throw noModelCalled(name);
  return found.map(showVersion);
}

async function newestOf(db: Database, name: string) {
  const { latest_versions: latest } = await readModel(db, name);
  const [newest] = latest.toSorted((a, b) => Number(b.version) - Number(a.version));
  if (!newest) throw doesNotExist(`Latest version not found for model ${name}.`);
  return newest;
}
