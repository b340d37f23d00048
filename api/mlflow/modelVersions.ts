import { z } from 'zod';
import { Failure } from '../../contracts/failures.ts';
import { withAuthor } from '../../domain/registry/author.ts';
import { findVersionEntry, type VersionEntry } from '../../domain/registry/entries.ts';
import { deleteVersion, describeVersion, removeVersionTag, setVersionTag } from '../../domain/registry/versionChanges.ts';
import { registerVersion, transitionStage } from '../../domain/registry/versions.ts';
import type { ApiDeps } from '../deps.ts';
import { call, type MlflowCall } from './call.ts';
import { inService, invalidParameter } from './faults.ts';
import { optional, pairs, requiredText, text, textOr } from './fields.ts';
import { downloadUriOf, showVersion } from './modelShapes.ts';
import {
  checkDescription,
  checkModelName,
  checkRunLink,
  checkSourceLength,
  checkTag,
  checkTagKey,
  readTags,
  readVersionNumber,
} from './modelNames.ts';
import { BY_MLFLOW, noModelCalled, noVersionOf } from './registeredModels.ts';
import { noRun } from './runs.ts';
import { resolveSource, type AskedSource, type VersionSource } from './sources.ts';
import { checkArchiving, readStage } from './stages.ts';

/** What MLflow's prompts, which have no files, name as their source. */
const PROMPT_SOURCES = ['prompt-template', 'dummy-source'];

/** Versions of registered models. */
export function createModelVersionCalls({ pool }: Pick<ApiDeps, 'pool'>): MlflowCall[] {
  const one = z.object({ name: requiredText, version: requiredText });
  const read = async ({ name, version }: z.output<typeof one>): Promise<VersionEntry> => {
    checkModelName(name);
    const found = await findVersionEntry(pool, name, readVersionNumber(version));
    if (!found) throw noVersionOf(name, version);
    return found;
  };
  return [
    call({
      method: 'post',
      path: '/model-versions/create',
      role: 'operator',
      request: z.object({
        name: requiredText,
        source: requiredText,
        run_id: text,
        tags: pairs,
        run_link: textOr(''),
        description: textOr(''),
        model_id: text,
      }),
      answer: async ({ name, source, run_id: runId, tags: sent, run_link: runLink, description, model_id: modelId }) => {
        checkModelName(name);
        checkSourceLength(source);
        checkRunLink(runLink);
        checkDescription(description);
        const tags = readTags(sent);
        const asked = { source, runId, modelId };
        const from = isPrompt(tags) ? sourceOfPrompt(asked) : await resolveSource(pool, asked);
        const made = await registerVersion(pool, { ...from, name, tags, description, runLink, origin: null }).catch((error: unknown) => {
          if (!(error instanceof Failure && error.kind === 'missing')) throw error;
          throw error.type === 'ModelMissing' ? noModelCalled(name) : noRun(from.registryRunId!);
        });
        return { model_version: showVersion(made) };
      },
    }),
    call({
      method: 'get',
      path: '/model-versions/get',
      role: 'viewer',
      request: one,
      answer: async (request) => ({ model_version: showVersion(await read(request)) }),
    }),
    call({
      method: 'get',
      path: '/model-versions/get-download-uri',
      role: 'viewer',
      request: one,
      answer: async (request) => ({ artifact_uri: downloadUriOf(await read(request)) }),
    }),
    call({
      method: 'patch',
      path: '/model-versions/update',
      role: 'operator',
      request: one.extend({ description: textOr('') }),
      answer: async ({ description, ...which }) => {
        checkDescription(description);
        const { name, version } = await read(which);
        await describeVersion(pool, name, version, description);
        return { model_version: showVersion(await read(which)) };
      },
    }),
    call({
      method: 'post',
      path: '/model-versions/transition-stage',
      role: 'operator',
      request: one.extend({ stage: requiredText, archive_existing_versions: optional(z.boolean()) }),
      answer: async ({ stage: word, archive_existing_versions: archiveOthers = false, ...which }, { name: who }) => {
        const stage = readStage(word);
        if (archiveOthers) checkArchiving(stage);
        const { name, version } = await read(which);
        await withAuthor(pool, { name: who, reason: BY_MLFLOW }, (db) => transitionStage(db, { name, version, stage, archiveOthers }));
        return { model_version: showVersion(await read(which)) };
      },
    }),
    call({
      method: 'delete',
      path: '/model-versions/delete',
      role: 'operator',
      request: one,
      answer: async (which, { name: who }) => {
        const { name, version } = await read(which);
        const outcome = await withAuthor(pool, { name: who, reason: 'the version was deleted' }, (db) => deleteVersion(db, name, version));
        if (outcome === 'in service') throw inService(`Model Version (name=${name}, version=${version})`);
        return {};
      },
    }),
    call({
      method: 'post',
      path: '/model-versions/set-tag',
      role: 'operator',
      request: one.extend({ key: requiredText, value: textOr('') }),
      answer: async ({ name, version, key, value }) => {
        checkModelName(name);
        checkTag(key, value);
        if (!(await setVersionTag(pool, { name, version: readVersionNumber(version), key, value }))) throw noVersionOf(name, version);
        return {};
      },
    }),
    call({
      method: 'delete',
      path: '/model-versions/delete-tag',
      role: 'operator',
      request: one.extend({ key: requiredText }),
      answer: async ({ name, version, key }) => {
        checkModelName(name);
        checkTagKey(key);
        if (!(await removeVersionTag(pool, { name, version: readVersionNumber(version), key }))) throw noVersionOf(name, version);
        return {};
      },
    }),
  ];
}

const isPrompt = (tags: Readonly<Record<string, string>>) => tags['mlflow.prompt.is_prompt']?.toLowerCase() === 'true';

function sourceOfPrompt({ source }: AskedSource): VersionSource {
  if (!PROMPT_SOURCES.includes(source))
    throw invalidParameter(`Invalid prompt source: '${source}'. Prompt sources must use an MLflow placeholder.`);
  return { source, registryRunId: null, modelId: null, artifactUri: null };
}
