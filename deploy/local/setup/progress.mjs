/**
 * Shows steps with their times: a live line each on a terminal, elsewhere one plain line when a step ends
 * (and one now and then while a long step goes on, so that a log shows where the time goes).
 */
const FRAME_MS = 120;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠴', '⠦', '⠇'];
const PLAIN_EVERY_MS = 15_000;

/**
 * @typedef {{ say(detail: string): void, done(detail?: string, endedAt?: number): void, fail(reason: string, endedAt?: number): void }} Step
 * @param {{ write(text: string): unknown, isTTY?: boolean, columns?: number }} out
 * @returns {{ begin(name: string, startedAt?: number): Step, step<T>(name: string, body: (step: Step) => Promise<T>): Promise<T>, note(text: string): void }}
 */
export function createProgress(out = process.stdout) {
  const display = out.isTTY ? createTerminal(out) : createPlain(out);

  function begin(name, startedAt = Date.now()) {
    const active = { name, detail: '', startedAt };
    display.add(active);
    const end = (mark, detail, endedAt) =>
      display.end(active, `${mark} ${name}${detail ? `: ${detail}` : ''} (${seconds(startedAt, endedAt)})`);
    return {
      say: (detail) => (active.detail = detail),
      done: (detail, endedAt) => end(display.marks.done, detail, endedAt),
      fail: (reason, endedAt) => end(display.marks.failed, reason, endedAt),
    };
  }
  async function step(name, body) {
    const line = begin(name);
    try {
      const result = await body(line);
      line.done(typeof result === 'string' ? result : undefined);
      return result;
    } catch (error) {
      line.fail('failed');
      throw error;
    }
  }
  return { begin, step, note: display.note };
}

const seconds = (startedAt, endedAt = Date.now()) => `${(Math.max(0, endedAt - startedAt) / 1000).toFixed(1)} s`;
const describe = (active) => `${active.name}${active.detail ? `: ${active.detail}` : ''} (${seconds(active.startedAt)})`;

function createPlain(out) {
  const timers = new Map();
  return {
    marks: { done: 'ok    ', failed: 'FAILED' },
    note: (text) => out.write(`${text}\n`),
    add(active) {
      const timer = setInterval(() => out.write(`...    ${describe(active)}\n`), PLAIN_EVERY_MS);
      timer.unref();
      timers.set(active, timer);
    },
    end(active, line) {
      clearInterval(timers.get(active));
      timers.delete(active);
      out.write(`${line}\n`);
    },
  };
}

function createTerminal(out) {
  const actives = new Set();
  let drawn = 0;
  let frame = 0;
  let timer;

  const erase = () => (drawn > 0 ? `\u001b[${drawn}A\u001b[J` : '');
  const fit = (text) => text.slice(0, Math.max(20, (out.columns || 100) - 1));
  function redraw(finished = '') {
    const lines = [...actives].map((active) => fit(`${FRAMES[frame % FRAMES.length]} ${describe(active)}`));
    out.write(erase() + finished + lines.map((line) => `${line}\n`).join(''));
    drawn = lines.length;
  }
  function tick() {
    frame += 1;
    redraw();
  }
  return {
    marks: { done: '\u001b[32m✓\u001b[0m', failed: '\u001b[31m✗\u001b[0m' },
    note: (text) => redraw(`${text}\n`),
    add(active) {
      actives.add(active);
      timer ??= setInterval(tick, FRAME_MS).unref();
      redraw();
    },
    end(active, line) {
      actives.delete(active);
      redraw(`${line}\n`);
      if (actives.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    },
  };
}
