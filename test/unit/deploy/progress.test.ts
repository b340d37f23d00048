import { describe, expect, test } from '@jest/globals';
import { createProgress } from '../../../deploy/local/setup/progress.mjs';

function capture(isTTY: boolean) {
  const written: string[] = [];
  const progress = createProgress({ write: (text: string) => written.push(text), isTTY, columns: 60 });
  return { progress, text: () => written.join('') };
}
const withoutTimes = (text: string) => text.replaceAll(/\d+\.\d s/g, 'T s');

describe('progress', () => {
  test('without a terminal is one plain line a step, with its time and what it says at its end', async () => {
    const { progress, text } = capture(false);
    await progress.step('migrations', async (line) => {
      line.say('working');
      return 'applied 1, 2';
    });
    await expect(progress.step('kafka', async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(withoutTimes(text())).toBe('ok     migrations: applied 1, 2 (T s)\nFAILED kafka: failed (T s)\n');
  });

  test('takes the times of a step that began and ended before', () => {
    const { progress, text } = capture(false);
    progress.begin('train', 1_000).done(undefined, 13_300);
    expect(text()).toBe('ok     train (12.3 s)\n');
  });

  test('on a terminal leaves the ended steps above and the running ones below', () => {
    const { progress, text } = capture(true);
    const one = progress.begin('one');
    const two = progress.begin('two');
    one.done();
    two.fail('stuck');
    expect(screen(withoutTimes(text()))).toEqual(['✓ one (T s)', '✗ two: stuck (T s)', '']);
  });
});

/** What a terminal shows after it got this text. */
function screen(text: string): string[] {
  const lines = [''];
  for (const part of text.split(/(\u001b\[\d*[A-Za-z]|\n)/)) {
    const up = /\u001b\[(\d+)A/.exec(part);
    if (up) lines.splice(lines.length - 1 - Number(up[1]), Number(up[1]) + 1, '');
    else if (part === '\n') lines.push('');
    else if (!part.startsWith('\u001b')) lines[lines.length - 1] += part;
  }
  return lines;
}
