import { expect, test } from '@jest/globals';
import { commandOf, freeName, refsOf, suggestedRef, withVariant } from '../../../console/pages/serving/routeSpec.ts';
import { BUILT_IN_ROUTES, routeSpecSchema, type ServedRoute } from '../../../contracts/routes.ts';

const served = (more: Partial<ServedRoute> = {}): ServedRoute => ({
  ...{ route: 'default', revision: 0, shadows: [], changed_at: null, changed_by: null, reason: '' },
  variants: BUILT_IN_ROUTES['default']!.variants.map((variant) => ({
    ...variant,
    models: ['neural_cf@champion', 'ials@champion'],
  })) as never,
  ...more,
});
const MODELS = [
  { name: 'ials', aliases: { challenger: '2', champion: '1' }, latest_versions: [{ version: '2' }] },
  { name: 'shop', aliases: { champion: '1' }, latest_versions: [{ version: '1' }] },
  { name: 'neural_cf', aliases: { champion: '1' }, latest_versions: [] },
];

test('a route gets a second variant, and the others share what is left as they did', () => {
  const one = withVariant(served().variants, { name: 'second', model: 'ials@champion', share: 30 });
  expect(one.map(({ name, weight }) => [name, weight])).toEqual([
    ['main', 70],
    ['second', 30],
  ]);
  const two = withVariant(one, { name: 'third', model: 'ease@champion', share: 50 });
  expect(two.map(({ weight }) => weight)).toEqual([35, 15, 50]);
  expect(routeSpecSchema.safeParse({ variants: two, shadows: [] }).success).toBe(true); // the API takes it
});

test('the command that does the same is what the command line takes', () => {
  const variants = withVariant(served().variants, { name: 'second', model: 'ials@champion', share: 50 });
  expect(commandOf(served({ variants }), '')).toEqual([
    ...['routes', 'set', 'default', '--variant', 'main=50:neural_cf@champion,ials@champion'],
    ...['--variant', 'second=50:ials@champion', '--if-revision', '0'],
  ]);
});

test('the models to choose from can answer, champions first; another than the preferred one is suggested', () => {
  const refs = refsOf(MODELS, (name) => name !== 'shop');
  expect(refs).toEqual(['ials@champion', 'neural_cf@champion', 'ials@challenger', 'ials/2', 'trending@day', 'trending@hour']);
  for (const ref of refs)
    expect([ref, routeSpecSchema.safeParse({ variants: [{ name: 'a', models: [ref] }] }).success]).toEqual([ref, true]);
  expect(suggestedRef(refs, served().variants)).toBe('ials@champion');
  expect(suggestedRef(refs, served({ variants: [{ name: 'main', weight: 1, models: ['ials@champion'] }] }).variants)).toBe(
    'neural_cf@champion',
  );
  expect(
    suggestedRef(
      refsOf([], () => true),
      served().variants,
    ),
  ).toBe('trending@day');
});

test('its name is one that no variant and no shadow has', () => {
  const variants = ['main', 'second'].map((name) => ({ name, weight: 1, models: [] }));
  expect(freeName(served())).toBe('second');
  expect(freeName(served({ variants, shadows: [{ name: 'second2', models: [] }] }))).toBe('second3');
});
