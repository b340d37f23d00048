import { clip } from './bounded.ts';
import { nameOf, type ModelKind } from './models.ts';
import { toStorable } from './text.ts';
import { rowOf, type WorkflowType } from './workflows.ts';

/** Names of what runs are searched by in Temporal, beside what it knows itself: what a run is about (a list of words), and who started it. */
export const SEARCH_ATTRIBUTES = { subject: 'MlopsSubject', startedBy: 'MlopsStartedBy' } as const;

/** What stands with a run in Temporal from its start. */
export interface StartWords {
  readonly subjects: readonly string[];
  readonly startedBy: string;
  readonly summary: string;
  readonly details: string;
}

/** @param startedBy a caller's name, `schedule/<id>`, or the id of the workflow that starts it */
export function startWords(workflow: WorkflowType, input: unknown, startedBy: string): StartWords {
  const by = clip(toStorable(startedBy), NAME_CHARACTERS);
  const subjects = subjectsOf(input);
  const details = [
    `${rowOf(workflow).description}.`,
    `Started by ${by}. The query \`state\` tells what it does now; \`mlops show\` with its id, every attempt of its steps.`,
  ];
  const summary = clip([...subjects, `started by ${by}`].join(', '), SUMMARY_CHARACTERS);
  return { subjects, startedBy: by, summary, details: details.join('\n\n') };
}

/** Fields of inputs that name what a workflow or a step is about, as the field itself or as the `name` or `kind` in it. */
const SUBJECT_FIELDS = [
  ...['shard', 'trial', 'spec', 'models', 'model', 'model_name', 'kind'], // the part of the work before what it is done with
  ...['view', 'views', 'list', 'lists', 'schedule_id', 'service', 'name', 'path', 'dataset', 'source', 'store'],
];
/** A search attribute of one word has a column of 255 in Temporal's store; a summary is 400 bytes, up to three a character. */
const NAME_CHARACTERS = 200;
const SUMMARY_CHARACTERS = 130;
const MOST_SUBJECTS = 16;

/**
 * What a workflow or a step is about, as its input names it: models, views, a set, a part of the work. It takes whatever it is given, since who starts a
 * workflow in Temporal is free to give anything.
 */
export function subjectsOf(input: unknown): string[] {
  if (typeof input !== 'object' || input === null) return [];
  const fields = input as Readonly<Record<string, unknown>>;
  const field = SUBJECT_FIELDS.find((name) => Object.hasOwn(fields, name) && namesIn(fields[name]).length > 0);
  return field === undefined ? [] : namesIn(fields[field]).slice(0, MOST_SUBJECTS);
}

const namesIn = (value: unknown): string[] => [value].flat().flatMap((one) => nameIn(one) ?? []);

function nameIn(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return value === '' ? undefined : clip(toStorable(value), NAME_CHARACTERS);
  if (typeof value !== 'object' || value === null) return undefined;
  const { name, kind, trial } = value as Readonly<Record<string, unknown>>;
  if (typeof name === 'string') return nameIn(name);
  if (typeof kind === 'string') return nameIn(nameOf(value as { kind: ModelKind }));
  return typeof trial === 'number' ? String(trial) : undefined;
}
