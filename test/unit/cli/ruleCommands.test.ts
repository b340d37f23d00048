import { describe, expect, test } from '@jest/globals';
import type { ServingRule } from '../../../contracts/ordering.ts';
import { askScriptedApi, cells } from './scriptedApi.ts';

const { ask, asked } = askScriptedApi('rules');

const RULE: ServingRule = {
  ...{ rule_id: '3', action: 'boost', match: { genres: ['Comedy'] }, position: null, strength: 2, until: null, reason: 'a week of laughs' },
  ...{ created_at: '2026-11-23T22:55:00.000Z', created_by: 'anna', removed_at: null, removed_by: null, removed_reason: null },
};

describe('rules', () => {
  test('list: what is in force, about which movies, and why', async () => {
    const { out } = await ask(['list'], { 'GET /api/v1/serving-rules': { body: { rules: [RULE] } } });
    expect(cells(out)[1]).toEqual(['3', 'boost by 2', '{"genres":["Comedy"]}', '-', 'anna', 'a week of laughs']);
  });

  test.each([
    [
      ['boost', '--genres', 'Comedy,Drama', '--from', '1990', '--rating-to', '3.5', '--strength', '-2', '--reason', 'so'],
      { action: 'boost', match: { genres: ['Comedy', 'Drama'], years: { from: 1990 }, rating: { to: 3.5 } }, strength: -2, reason: 'so' },
    ],
    [
      ['pin', '--movies', '1,shop:SKU-1', '--position', '2', '--reason', 'so'],
      { action: 'pin', match: { movie_ids: ['1', 'shop:SKU-1'] }, position: 2, reason: 'so' },
    ],
    [
      ['hide', '--movies', '1', '--until', '2026-12-24', '--reason', 'so'],
      { action: 'hide', match: { movie_ids: ['1'] }, until: '2026-12-24T00:00:00.000Z', reason: 'so' },
    ],
  ])('%j sends what it says', async (args, body) => {
    const { out } = await ask(args, { 'POST /api/v1/serving-rules': { body: { ...RULE, movies: 0 } } });
    expect(out).toContain('It is about no movie now.');
    expect(asked()).toEqual([['POST /api/v1/serving-rules', body]]);
  });

  test('remove takes one away, and a time that is none is told', async () => {
    const { out } = await ask(['remove', '3', '--reason', 'settled'], { 'DELETE /api/v1/serving-rules/3': { body: RULE } });
    expect([out, asked()]).toEqual(['Rule 3 is not in force any more.\n', [['DELETE /api/v1/serving-rules/3?reason=settled', undefined]]]);
    expect(await ask(['hide', '--movies', '1', '--until', 'soon', '--reason', 'so'])).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('--until soon is no time such as'),
    });
  });
});
