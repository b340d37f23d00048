import { expect, test } from '@jest/globals';
import { answeringOf } from '../../../console/answering.ts';

const registered = (names: Record<string, string[]>) =>
  Object.entries(names).map(([name, aliases]) => ({ name, aliases: Object.fromEntries(aliases.map((alias) => [alias, '1'])) }));

test('of a route answers who is registered, the preferred one first; before that nobody does, but for what trends', () => {
  const refs = ['ensemble@champion', 'ials@candidate', 'ease/3'];
  expect(answeringOf(refs, [])).toEqual([]);
  expect(answeringOf(refs, registered({ ials: ['champion'], movie_predictor: ['champion'] }))).toEqual([]);
  expect(answeringOf(refs, registered({ ials: ['candidate'], ease: [], popularity: ['champion'] }))).toEqual([
    'ials',
    'ease',
    'popularity',
  ]);
  expect(answeringOf(['trending@hour'], [])).toEqual(['trending']);
});
