import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { SHARED_ALONE } from '../../../domain/catalogue/ownCatalogues.ts';
import { createModelShelf, type ModelShelf, type ShelfChange } from '../../../domain/serving/modelShelf.ts';
import { CHAMPION } from '../../../contracts/models.ts';
import type { AliasedVersion } from '../../../domain/registry/aliases.ts';
import { silentLog } from '../../support/database.ts';
import { createTinyModel, type TinyModel } from '../../support/tinyModel.ts';

let champions: AliasedVersion[];
let registryAway: boolean;
let folders: Map<string, TinyModel>;
let loads: string[];
let changes: ShelfChange[];
let shelf: ModelShelf;

/** What the routes ask for. */
const REFS = ['popularity', 'neural_cf'].map((name) => `${name}@${CHAMPION}`);
const POPULARITY = REFS[0]!;
const refresh = () => shelf.bring(REFS);

const versionOf = (name: string, number: string): AliasedVersion => ({ name, version: number, source: `blob:${name}/${number}` });

beforeEach(() => {
  champions = [];
  registryAway = false;
  folders = new Map();
  loads = [];
  changes = [];
  shelf = createModelShelf({
    async findVersions(named) {
      if (registryAway) throw new Error('away');
      return named.map(({ name, version }) => {
        if (version !== undefined) return versionOf(name, version);
        return champions.find((champion) => champion.name === name) ?? null;
      });
    },
    async load(_kind, source) {
      loads.push(source);
      const model = folders.get(source);
      if (!model) throw new Error(`there is no blob at ${source}`);
      return { model, parameters: 3, bytes: 100 };
    },
    readCatalogues: async () => SHARED_ALONE,
    onChange: (change) => changes.push(change),
    log: silentLog,
  });
});

function promote(name: 'popularity' | 'neural_cf', number: string, model = createTinyModel(name)): TinyModel {
  champions = [...champions.filter((champion) => champion.name !== name), versionOf(name, number)];
  folders.set(`blob:${name}/${number}`, model);
  return model;
}

describe('the model shelf', () => {
  test('does not load what a client logged, says so, and answers by what it had', async () => {
    promote('popularity', '1');
    await refresh();
    champions = [{ name: 'popularity', version: '10', source: 'runs:/abc/model' }];
    await refresh();
    const reason = 'version 10 of popularity was logged by a client (runs:/abc/model); only versions that a training registered are served';
    expect(shelf.broken()).toMatchObject([{ name: 'popularity', version: '10', reason }]);
    expect(shelf.loaded()).toMatchObject([{ version: '1' }]);
    expect(loads).toEqual(['blob:popularity/1']);
  });

  test('loads each champion once, however often it is asked to look', async () => {
    promote('popularity', '1');
    promote('neural_cf', '4', createTinyModel('neural_cf', { users: ['7'] }));
    await refresh();
    await refresh();
    expect(loads).toEqual(['blob:popularity/1', 'blob:neural_cf/4']);
    expect(shelf.loaded().map(({ name, version }) => [name, version])).toEqual([
      ['popularity', '1'],
      ['neural_cf', '4'],
    ]);
  });

  test('puts a new champion in the place of the old one and frees that', async () => {
    const old = promote('popularity', '1');
    await refresh();
    const fresh = promote('popularity', '2');
    await refresh();
    expect(shelf.find(POPULARITY)).toMatchObject({ version: '2', model: fresh });
    expect([old.isDisposed(), fresh.isDisposed()]).toEqual([true, false]);
  });

  test('keeps a version that is held until it is let go, however often, and frees it once', async () => {
    const old = promote('popularity', '1');
    await refresh();
    const held = shelf.find(POPULARITY)!;
    const letGo = [shelf.hold(held), shelf.hold(held)];
    promote('popularity', '2');
    await refresh();
    expect([shelf.find(POPULARITY)?.version, old.isDisposed()]).toEqual(['2', false]);
    letGo[0]!();
    expect(old.isDisposed()).toBe(false);
    letGo[1]!();
    expect(old.isDisposed()).toBe(true);
  });

  test('does not free what was held and let go and is still served', async () => {
    const model = promote('popularity', '1');
    await refresh();
    shelf.hold(shelf.find(POPULARITY)!)();
    expect(model.isDisposed()).toBe(false);
  });

  test('tells of each version what names it, how large it is, and how many answers it gave since it was loaded', async () => {
    promote('popularity', '1');
    await refresh();
    await shelf.bring(['popularity/1']);
    shelf.noteAnswer({ name: 'popularity', version: '1' });
    shelf.noteAnswer({ name: 'popularity', version: '7' });
    const told = { name: 'popularity', version: '1', refs: [POPULARITY, 'popularity/1'], parameters: 3, bytes: 100, answers: 1 };
    expect(shelf.describe()).toMatchObject([{ ...told, loadedAt: expect.any(Date) }]);
    promote('popularity', '2');
    await refresh();
    expect(shelf.describe()).toMatchObject([
      { version: '2', refs: [POPULARITY], answers: 0 },
      { version: '1', refs: ['popularity/1'], answers: 1 },
    ]);
  });

  test('goes on with the old one and says why, when the new one is broken', async () => {
    const old = promote('popularity', '1');
    await refresh();
    promote('popularity', '2');
    folders.delete('blob:popularity/2');
    await refresh();
    await refresh();
    expect(shelf.find(POPULARITY)).toMatchObject({ version: '1' });
    expect(old.isDisposed()).toBe(false);
    expect(shelf.broken()).toMatchObject([{ name: 'popularity', version: '2', reason: 'there is no blob at blob:popularity/2' }]);
    expect(changes.map(({ version, outcome }) => [version, outcome])).toEqual([
      ['1', 'loaded'],
      ['2', 'broken'],
    ]);
  });

  test('forgets a broken version when the alias goes back to the one that serves', async () => {
    promote('popularity', '1');
    await refresh();
    const serving = champions;
    promote('popularity', '2');
    folders.delete('blob:popularity/2');
    await refresh();
    champions = serving;
    await refresh();
    expect(shelf.find(POPULARITY)).toMatchObject({ version: '1' });
    expect(shelf.broken()).toEqual([]);
    expect(loads).toEqual(['blob:popularity/1', 'blob:popularity/2']);
  });

  test('takes up the next version after a broken one, and the trouble is forgotten', async () => {
    promote('popularity', '1');
    folders.delete('blob:popularity/1');
    await refresh();
    promote('popularity', '2');
    await refresh();
    expect(shelf.find(POPULARITY)).toMatchObject({ version: '2' });
    expect(shelf.broken()).toEqual([]);
  });

  test('does not serve a model that loads but cannot answer', async () => {
    const mute = createTinyModel('popularity');
    mute.dispose();
    promote('popularity', '1', mute);
    await refresh();
    expect(shelf.loaded()).toEqual([]);
    expect(shelf.broken()).toMatchObject([{ version: '1' }]);
  });

  test('tries a broken one again, and counts it once for each reason', async () => {
    promote('popularity', '1');
    folders.delete('blob:popularity/1');
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    try {
      for (let look = 0; look < 3; look += 1) {
        await refresh();
        jest.advanceTimersByTime(11_000);
      }
      expect([loads.length, changes.map(({ outcome }) => outcome)]).toEqual([3, ['broken']]);
      promote('popularity', '1');
      await refresh();
    } finally {
      jest.useRealTimers();
    }
    expect(changes.map(({ outcome }) => outcome)).toEqual(['broken', 'loaded']);
    expect(shelf.broken()).toEqual([]);
  });

  test('does not take up one whose scores are no numbers', async () => {
    const model = promote('popularity', '1', createTinyModel('popularity', { scores: [Number.POSITIVE_INFINITY, 2, 1] }));
    await refresh();
    expect(shelf.broken()).toMatchObject([{ version: '1', reason: 'it gives movie 1 the score Infinity' }]);
    expect(model.isDisposed()).toBe(true);
  });

  test('takes off a model that is nobody’s champion any more, and forgets its trouble', async () => {
    const model = promote('popularity', '1');
    await refresh();
    promote('popularity', '2');
    folders.delete('blob:popularity/2');
    await refresh();
    champions = [];
    await refresh();
    expect(shelf.find(POPULARITY)).toBeUndefined();
    expect(model.isDisposed()).toBe(true);
    expect(shelf.broken()).toEqual([]);
  });

  test('holds a version once that several references name, until the last of them lets it go', async () => {
    const model = promote('popularity', '1');
    await shelf.bring([POPULARITY, 'popularity/1']);
    expect([loads, shelf.loaded().length]).toEqual([['blob:popularity/1'], 1]);
    const fresh = promote('popularity', '2');
    await shelf.bring([POPULARITY, 'popularity/1']);
    expect(shelf.find(POPULARITY)).toMatchObject({ model: fresh });
    expect(shelf.find('popularity/1')).toMatchObject({ model });
    expect(model.isDisposed()).toBe(false);
    shelf.keepOnly([POPULARITY]);
    expect([model.isDisposed(), fresh.isDisposed(), shelf.find('popularity/1')]).toEqual([true, false, undefined]);
    expect(changes.at(-1)).toEqual({ name: 'popularity', version: '1', outcome: 'removed' });
  });

  test('keeps what it has when the registry cannot be asked', async () => {
    promote('popularity', '1');
    await refresh();
    registryAway = true;
    await expect(refresh()).rejects.toThrow('away');
    registryAway = false;
    expect(shelf.find(POPULARITY)).toMatchObject({ version: '1' });
    promote('popularity', '2');
    await refresh();
    expect(shelf.find(POPULARITY)).toMatchObject({ version: '2' });
  });
});
