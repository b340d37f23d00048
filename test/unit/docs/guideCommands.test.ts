import { expect, test } from '@jest/globals';
import { DEFAULT_PORTS } from '../../../platform/config.ts';
import { ANSWERS } from '../../guide/answers.ts';
import { guideBlocks } from '../../guide/commands.ts';

test('every block of the guide that calls something has its answer, and no other', () => {
  const blocks = guideBlocks();
  expect(blocks.map(({ title }) => title)).toEqual(Object.keys(ANSWERS));
  expect(blocks.filter(({ script }) => !/\bcurl\b/.test(script))).toEqual([]);
});

test('every address that they print is one of ours', () => {
  const ports = guideBlocks().flatMap(({ script }) => [...script.matchAll(/localhost:(\d+)/g)].map(([, port]) => Number(port)));
  expect([...new Set(ports)].filter((port) => !(Object.values(DEFAULT_PORTS) as number[]).includes(port))).toEqual([]);
});
