/** What a route is made of, and the command that makes it so. Pure. */
import type { ServedRoute } from '../../../contracts/routes.ts';
import { moveShare, sharesOf } from './shares.ts';

type Variants = ServedRoute['variants'];

/** As `mlops routes set` takes it. */
export const commandOf = ({ route, variants, shadows, salt, revision }: ServedRoute, reason: string): readonly string[] => [
  ...['routes', 'set', route],
  ...variants.flatMap(({ name, weight, models, diversity, exploration }) => [
    '--variant',
    [`${name}=${weight}:${models.join(',')}`, ...knob('diversity', diversity), ...knob('exploration', exploration)].join('+'),
  ]),
  ...shadows.flatMap(({ name, models }) => ['--shadow', `${name}:${models.join(',')}`]),
  ...(salt === undefined ? [] : ['--salt', salt]),
  ...['--if-revision', String(revision)],
  ...(reason === '' ? [] : ['--reason', reason]),
];

const knob = (name: string, share: number | undefined) => (share === undefined ? [] : [`${name}=${share}`]);

/** The variants with one more, which gets so much, in whole percent; the others share what is left as they did. */
export function withVariant(variants: Variants, { name, model, share }: { name: string; model: string; share: number }): Variants {
  const before = [...sharesOf(variants.map(({ weight }) => weight)), 0];
  const weights = moveShare(before, variants.length, share);
  return [...variants, { name, models: [model], weight: 0 }].map((variant, at) => ({ ...variant, weight: weights[at]! }));
}

/** A name that no variant has yet: `second`, `second2`, … */
export function freeName({ variants, shadows }: Pick<ServedRoute, 'variants' | 'shadows'>): string {
  const taken = new Set([...variants, ...shadows].map(({ name }) => name));
  return Array.from({ length: taken.size + 1 }, (_none, at) => `second${at === 0 ? '' : at + 1}`).find((name) => !taken.has(name))!;
}

interface Listed {
  readonly name: string;
  readonly aliases: Readonly<Record<string, string>>;
  readonly latest_versions: readonly { readonly version: string }[];
}

/**
 * What a variant may ask, as routes name it: champions first, then other aliases, versions, and what trends.
 * @param answers whether a model of this name can answer; those that clients registered cannot
 */
export function refsOf(models: readonly Listed[], answers: (name: string) => boolean): readonly string[] {
  const able = models.filter(({ name }) => answers(name));
  const byAlias = able.flatMap(({ name, aliases }) => Object.keys(aliases).map((alias) => `${name}@${alias}`));
  const byVersion = able.flatMap(({ name, latest_versions: versions }) => versions.map(({ version }) => `${name}/${version}`));
  const isChampion = (ref: string) => ref.endsWith('@champion');
  return [...byAlias.filter(isChampion), ...byAlias.filter((ref) => !isChampion(ref)), ...byVersion, 'trending@day', 'trending@hour'];
}

/** The first that the route's preferred model is not: the two are then worth comparing. */
export const suggestedRef = (refs: readonly string[], variants: Variants): string =>
  refs.find((ref) => variants.every(({ models }) => models[0] !== ref)) ?? refs[0]!;
