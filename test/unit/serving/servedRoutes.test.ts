import { beforeEach, describe, expect, test } from '@jest/globals';
import { BUILT_IN_ROUTES, LAST_RESORT, refsOf, type ServedRoute } from '../../../contracts/routes.ts';
import type { BrokenModel } from '../../../domain/serving/modelShelf.ts';
import { createServedRoutes, type ServedRoutes } from '../../../domain/serving/servedRoutes.ts';
import { silentLog } from '../../support/database.ts';
import { servedRoute } from '../../support/servedRoutes.ts';

const EASE_7: BrokenModel = { ref: 'ease/7', name: 'ease', version: '7', reason: 'a byte was flipped' };

let asked: ServedRoute[];
let broken: BrokenModel[];
/** What the shelf was told, in order. */
let told: [string, readonly string[]][];
let routes: ServedRoutes;
let whileBringing: () => void;

const route = (name: string, revision: number, ...models: string[]) =>
  servedRoute(name, { variants: [{ name: 'main', weight: 1, models }], shadows: [] }, revision);

beforeEach(() => {
  asked = [route('default', 1, 'ease@champion')];
  broken = [];
  told = [];
  whileBringing = () => undefined;
  routes = createServedRoutes({
    listRoutes: async () => asked,
    shelf: {
      bring: async (refs) => {
        told.push(['bring', refs]);
        whileBringing();
      },
      broken: () => broken,
      keepOnly: (refs) => void told.push(['keep', refs]),
    },
    log: silentLog,
  });
});

describe('the served routes', () => {
  test('change when their models are there, and not before', async () => {
    await routes.refresh();
    asked = [route('default', 2, 'ease/7')];
    let meanwhile: unknown;
    whileBringing = () => void (meanwhile = routes.find('default'));
    await routes.refresh();
    expect(meanwhile).toMatchObject({ revision: 1 });
    expect(routes.find('default')).toMatchObject({ revision: 2 });
    expect(told.slice(-2)).toEqual([
      ['bring', ['ease@champion', LAST_RESORT, 'ease/7']],
      ['keep', ['ease/7', LAST_RESORT]],
    ]);
  });

  test('that ask for what trends ask the registry for their other models alone', async () => {
    asked = [route('default', 1, 'trending@hour', 'ease@champion')];
    await routes.refresh();
    expect(told).toEqual([
      ['bring', ['ease@champion', LAST_RESORT]],
      ['keep', ['ease@champion', LAST_RESORT]],
    ]);
  });

  test('stay as they are while a model that the change brings cannot be loaded, and say why', async () => {
    await routes.refresh();
    asked = [route('default', 2, 'ease/7')];
    broken = [EASE_7];
    await routes.refresh();
    expect(routes.find('default')).toMatchObject({ revision: 1 });
    expect(routes.heldBack()).toEqual([{ route: 'default', revision: 2, reason: 'ease 7 cannot be loaded: a byte was flipped' }]);
    expect(told.at(-1)).toEqual(['keep', ['ease@champion', LAST_RESORT, 'ease/7']]);
    broken = [];
    await routes.refresh();
    expect([routes.find('default'), routes.heldBack()]).toMatchObject([{ revision: 2 }, []]);
  });

  test('take a change up that has nothing to do with a model which was broken before', async () => {
    broken = [{ ...EASE_7, ref: 'ease@champion' }];
    await routes.refresh();
    asked = [route('default', 2, 'ease@champion', 'ials@champion')];
    await routes.refresh();
    expect(routes.find('default')).toMatchObject({ revision: 2 });
  });

  test('go when they are taken away', async () => {
    asked = [...asked, route('trial', 1, 'ials/3')];
    await routes.refresh();
    asked = asked.slice(0, 1);
    await routes.refresh();
    expect(routes.all().map(({ route: name }) => name)).toEqual(['default']);
    expect(told.at(-1)).toEqual(['keep', ['ease@champion', LAST_RESORT]]);
  });

  test('are looked at once more for all who ask while they are looked at, so that none misses a change', async () => {
    const first = routes.refresh();
    asked = [route('default', 2, 'ease/7')];
    await Promise.all([first, routes.refresh(), routes.refresh()]);
    expect([routes.find('default'), told.length]).toMatchObject([{ revision: 2 }, 4]);
  });

  test('end with popularity, whatever they name', () => {
    for (const spec of Object.values(BUILT_IN_ROUTES)) expect(refsOf(spec)).toContain(LAST_RESORT);
  });
});
