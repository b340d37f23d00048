import { expect, test } from '@jest/globals';
import { freePorts, reservePort } from '../../../deploy/local/engines/freePorts.ts';

test('no port is given twice, however many ask at once, and none that an outgoing connection could take', async () => {
  const ports = (await Promise.all(Array.from({ length: 20 }, () => freePorts(10)))).flat();
  expect(new Set(ports).size).toBe(200);
  expect(Math.max(...ports)).toBeLessThan(32_768);
  expect(ports.map(reservePort)).toEqual(ports.map(() => false));
});
