import { expect, test } from '@jest/globals';
import { routeSpecSchema, type ServedRoute } from '../../../contracts/routes.ts';
import { NOTHING_LOADED, type ModelState, type ScorerState } from '../../../serving/scoring/scorer.ts';
import { together } from '../../../serving/scoring/scoringProcesses.ts';

const model = (version: string, answers: number): ModelState => ({
  ...{ name: 'ease', kind: 'ease', version, refs: [`ease/${version}`], loadedAt: new Date(0) },
  ...{ answers, users: 2, movies: 3, parameters: 9, bytes: 36 },
});
const route = (name: string, revision: number): ServedRoute =>
  ({ ...routeSpecSchema.parse({ variants: [{ name: 'main', models: ['ease@champion'] }] }), route: name, revision }) as ServedRoute;
const state = (over: Partial<ScorerState>): ScorerState => ({ ...NOTHING_LOADED, tensorflow: { backend: 'cpu', version: '4' }, ...over });

test('no process is nothing loaded', () => {
  expect(together([])).toEqual(NOTHING_LOADED);
});

test('each version stands once, with the answers of all processes, whichever of them has it', () => {
  const { models } = together([state({ models: [model('1', 5)] }), state({ models: [model('1', 7), model('2', 1)] })]);
  expect(models.map(({ version, answers }) => [version, answers])).toEqual([
    ['1', 12],
    ['2', 1],
  ]);
});

test('what one process alone cannot load, or holds back, is told once', () => {
  const broken = { ref: 'ease/3' as const, name: 'ease' as const, version: '3', reason: 'truncated' };
  const heldBack = { route: 'trial', revision: 2, reason: 'ease 3 cannot be loaded: truncated' };
  const routes = [route('default', 0), route('trial', 1)];
  const all = together([state({ routes }), state({ routes, broken: [broken], heldBack: [heldBack] }), state({ routes, broken: [broken] })]);
  expect(all).toMatchObject({ broken: [broken], heldBack: [heldBack], routes });
});
