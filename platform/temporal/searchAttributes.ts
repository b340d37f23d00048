import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { SEARCH_ATTRIBUTES, type StartWords } from '../../contracts/aboutRun.ts';
import { isTemporalUnavailable, withTemporalDeadline } from './client.ts';

const SUBJECT = defineSearchAttributeKey(SEARCH_ATTRIBUTES.subject, 'KEYWORD_LIST');
export const STARTED_BY = defineSearchAttributeKey(SEARCH_ATTRIBUTES.startedBy, 'KEYWORD');

export interface StartOptions {
  readonly staticSummary: string;
  readonly staticDetails: string;
  readonly typedSearchAttributes?: SearchAttributePair[];
}

/** Starts something with the words that stand with it in Temporal; without search attributes in a namespace that does not know them. */
export async function startWith<T>(words: StartWords, start: (options: StartOptions) => Promise<T>): Promise<T> {
  const { subjects, startedBy, summary: staticSummary, details: staticDetails } = words;
  const text = { staticSummary, staticDetails };
  const typedSearchAttributes = [
    { key: SUBJECT, value: [...subjects] },
    { key: STARTED_BY, value: startedBy },
  ];
  try {
    return await start({ ...text, typedSearchAttributes });
  } catch (error) {
    if (isUnknownAttribute(error)) return start(text);
    throw error;
  }
}

function isUnknownAttribute(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return /search attribute/i.test(error.message) || isUnknownAttribute(error.cause);
}

/** As Temporal numbers its types of them. */
export const ATTRIBUTE_TYPES = { [SEARCH_ATTRIBUTES.subject]: 7, [SEARCH_ATTRIBUTES.startedBy]: 2 }; // a list of keywords, a keyword
/** A namespace has its search attributes some seconds after they were added. */
const LISTED_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 200;

/** @returns names of ours that the namespace does not have. @throws also where we may not look */
export async function missingSearchAttributes(client: Client): Promise<string[]> {
  const { namespace } = client.options;
  const { operatorService } = client.connection;
  const { customAttributes } = await withTemporalDeadline(client, () => operatorService.listSearchAttributes({ namespace }));
  return Object.keys(ATTRIBUTE_TYPES).filter((name) => !Object.hasOwn(customAttributes, name));
}

/**
 * Adds our search attributes to the namespace where they are missing, and waits until they are there.
 * @returns why the namespace goes without them, which costs searches alone; null where it has them
 */
export async function addSearchAttributes(client: Client): Promise<string | null> {
  const { namespace } = client.options;
  const { operatorService } = client.connection;
  const areThere = async () => (await missingSearchAttributes(client)).length === 0;
  try {
    if (await areThere()) return null;
    await withTemporalDeadline(client, () => operatorService.addSearchAttributes({ namespace, searchAttributes: ATTRIBUTE_TYPES }));
    for (const until = Date.now() + LISTED_WITHIN_MS; Date.now() < until; await sleep(LOOK_EVERY_MS)) if (await areThere()) return null;
    return 'the namespace does not list them';
  } catch (error) {
    if (isTemporalUnavailable(error)) throw error;
    return error instanceof Error ? error.message : String(error);
  }
}
