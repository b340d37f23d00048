import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { EVENT_TYPES, schemaUri } from '../contracts/eventTypes.ts';
import { PROJECT_ROOT } from '../platform/config.ts';
import { incompatibilities, type JsonSchema } from './schemaCompatibility.ts';

interface SchemaFile {
  readonly path: string;
  readonly schema: JsonSchema;
  readonly text: string;
  readonly isWritten: boolean;
}

/** The JSON Schema of each type of event, and the file it stands in. */
export const eventSchemas = (): SchemaFile[] =>
  (Object.keys(EVENT_TYPES) as (keyof typeof EVENT_TYPES)[]).map((name) => {
    const { topic, type, version, meaning, from, schema: zod } = EVENT_TYPES[name];
    const { $schema, ...fields } = z.toJSONSchema(zod, { io: 'input' });
    const schema = {
      $schema,
      $id: schemaUri(name),
      title: name,
      description: meaning,
      'x-topic': topic,
      'x-cloudevents-type': type,
      ...fields,
    };
    const file = path.join(PROJECT_ROOT, 'contracts', 'schemas', `${name}.v${version}.json`);
    return { path: file, schema, text: `${JSON.stringify(schema, null, 2)}\n`, isWritten: from === 'us' };
  });

/** @returns what in a type of event has changed so that those who go by its file can go by it no longer; nothing where the file is not there yet */
export function brokenPromises({ path: file, schema, isWritten }: SchemaFile): string[] {
  const published = readPublished(file);
  return published ? incompatibilities(published, schema, isWritten) : [];
}

function readPublished(file: string): JsonSchema | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as JsonSchema;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
