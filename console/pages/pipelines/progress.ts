/** What a step says of how far it is, in words and as a curve. Pure: the words are the caller's to give. */
import type { RunLogLine } from '../../../contracts/runs.ts';
import { durationText, numberText } from '../../format.ts';
import type { en } from './words/en.ts';

type Word = keyof typeof en;
export type Say = (word: Word, values: Readonly<Record<string, string>>) => string;

/** Words for what stands in progress together, by the names of its fields, which are what is put in. */
const PHRASES: readonly (readonly [Word, readonly string[]])[] = [
  ['progress.waits', ['before', 'waits_for']],
  ['progress.epoch', ['epoch', 'epochs']],
  ['progress.loss', ['loss']],
  ['progress.ndcg', ['validation_ndcg_at_10']],
  ['progress.rmse', ['validation_rmse']],
  ['progress.samples', ['samples_per_s']],
  ['progress.users', ['users', 'of']],
  ['progress.movies', ['movie', 'movies']],
  ['progress.pages', ['page', 'pages']],
  ['progress.rows', ['rows', 'rows_per_s']],
  ['progress.bytes', ['bytes', 'bytes_total']],
  ['progress.online', ['view', 'online']],
  ['progress.left', ['eta_s']],
];
/** Of these two the first is how much is done, and the second of how much. */
const SHARES = [
  ['epoch', 'epochs'],
  ['users', 'of'],
  ['movie', 'movies'],
  ['page', 'pages'],
  ['bytes', 'bytes_total'],
] as const;

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (progress: unknown): Fields => (typeof progress === 'object' && progress !== null ? (progress as Fields) : {});

/** `epoch 3 of 30`, `loss 0.2862`, `111,653 samples a second`, `2 m 01 s left`: what is known in words, the rest by its names. */
export function progressPhrases(progress: unknown, say: Say, language: string): readonly string[] {
  const left = new Map(Object.entries(fieldsOf(progress)).filter(([, value]) => value !== null));
  const said = PHRASES.flatMap(([word, names]) => {
    if (!names.every((name) => left.has(name))) return [];
    const values = Object.fromEntries(names.map((name) => [name, textOf(name, left.get(name), language)]));
    for (const name of names) left.delete(name);
    return [say(word, values)];
  });
  return [...said, ...[...left].map(([name, value]) => `${name.replaceAll('_', ' ')} ${textOf(name, value, language)}`)];
}

function textOf(name: string, value: unknown, language: string): string {
  if (typeof value === 'number') return name === 'eta_s' ? durationText(1_000 * value, language) : numberText(value, language);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** How much of how much is done, where that is said. */
export function shareDone(progress: unknown): { readonly done: number; readonly of: number } | undefined {
  const fields = fieldsOf(progress);
  for (const [done, of] of SHARES)
    if (typeof fields[done] === 'number' && typeof fields[of] === 'number') return { done: fields[done], of: fields[of] };
  return undefined;
}

/** The loss of each epoch, by what the step logged of those that are over and says of the one that goes on. */
export function learningCurve(
  lines: readonly Pick<RunLogLine, 'fields'>[],
  progress: unknown,
): { readonly x: number; readonly y: number }[] {
  const losses = new Map<number, number>();
  for (const { epoch, loss } of [...lines.map(({ fields }) => fields), fieldsOf(progress)])
    if (typeof epoch === 'number' && typeof loss === 'number') losses.set(epoch, loss);
  return [...losses].map(([x, y]) => ({ x, y }));
}
