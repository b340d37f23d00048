import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PROJECT_ROOT } from '../../../platform/config.ts';

interface Rule {
  readonly from: { readonly path?: string };
  readonly to: { readonly path?: string; readonly pathNot?: string };
}
const { forbidden } = createRequire(import.meta.url)(path.join(PROJECT_ROOT, '.dependency-cruiser.cjs')) as { forbidden: Rule[] };
const roomsOf = (pattern = '') => /^\^\(([\w|]+)\)\//.exec(pattern)?.[1]?.split('|');

/** Of each room, those that a rule lets it import. */
const allowed = new Map(
  forbidden.flatMap(({ from, to }): [string, string[]][] => {
    const room = /^\^(\w+)\/$/.exec(from.path ?? '')?.[1];
    const others = roomsOf(to.pathNot);
    return room && others ? [[room, others.filter((other) => other !== room)]] : [];
  }),
);

/** Whom a room reaches, itself left out. */
const reach = (room: string): Set<string> => new Set((allowed.get(room) ?? []).flatMap((next) => [next, ...reach(next)]));

test('the picture of who may import whom is that of the rules, without the arrows that others lead to', () => {
  const arrows = [...allowed].flatMap(([room, others]) =>
    others.filter((other) => !others.some((between) => reach(between).has(other))).map((other) => `  ${room} --> ${other}`),
  );
  const text = readFileSync(path.join(PROJECT_ROOT, 'docs', 'architecture.md'), 'utf8');
  const drawn = /```mermaid\nflowchart TD\n([^`]*)\n```/.exec(text)?.[1]?.split('\n') ?? [];
  expect(drawn.sort()).toEqual(arrows.sort());
  expect(arrows.length).toBeGreaterThan(10);
});
