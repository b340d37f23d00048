import { describe, expect, test } from '@jest/globals';
import { assignVariant } from '../../../domain/abTests/assignment.ts';
import { canaryName, canarySpec, checkSpec } from '../../../domain/canary/spec.ts';
import { chooseVariant } from '../../../domain/serving/choose.ts';
import { servedRoute } from '../../support/servedRoutes.ts';

const BEFORE = {
  variants: [{ name: 'main', weight: 1, models: ['ensemble@champion', 'ease@champion'], diversity: 0.2 }],
  shadows: [],
  salt: 'pepper',
};
const EASE = { model: 'ease', version: '7' };

describe('the route of a rollout', () => {
  test('asks the version in the place of the champion, of a share of the users, with all else as it was', () => {
    expect(canarySpec(BEFORE, { ...EASE, share: 0.1 })).toEqual({
      variants: [
        { name: 'main', weight: 9_000, models: ['ensemble@champion', 'ease@champion'], diversity: 0.2 },
        { name: 'canary', weight: 1_000, models: ['ensemble@champion', 'ease/7'], diversity: 0.2 },
      ],
      shadows: [],
      salt: 'pepper',
    });
  });

  test('keeps whoever has the version at one stage at the next, and moves nobody else than those whom it gains', () => {
    const users = Array.from({ length: 20_000 }, (_, nth) => `user-${nth}`);
    const haveIt = [0.0001, 0.01, 0.1, 0.5, 1].map((share) => {
      const route = servedRoute('default', canarySpec(BEFORE, { ...EASE, share }));
      return new Set(users.filter((user) => chooseVariant(route, user).name === 'canary'));
    });
    haveIt.slice(1).forEach((now, at) => expect([...haveIt[at]!].filter((user) => !now.has(user))).toEqual([]));
    haveIt.forEach(({ size }, at) => expect(Math.abs(size / users.length - [0.0001, 0.01, 0.1, 0.5, 1][at]!)).toBeLessThan(0.01));
  });

  test('gives its variant another name where one is called canary', () => {
    const before = { ...BEFORE, variants: [{ ...BEFORE.variants[0]!, name: 'canary' }] };
    expect(canaryName(before)).toBe('canary-2');
    const { variants } = canarySpec(before, { ...EASE, share: 1 });
    expect(assignVariant(variants, 'u', 'default').name).toBe('canary-2');
  });

  test('is refused of one that is in a test, and of one that does not ask the model', () => {
    const tested = { variants: [...BEFORE.variants, { name: 'other', weight: 1, models: ['ials@champion'] }] };
    expect(() => checkSpec('default', tested, 'ease')).toThrow('route default has 2 variants (main, other): leave it one, then begin');
    expect(() => checkSpec('default', BEFORE, 'sasrec')).toThrow(
      'route default does not ask sasrec@champion; it asks ensemble@champion, ease@champion',
    );
  });
});
