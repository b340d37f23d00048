import type { Browser, Page } from 'playwright-core';

/** What is done on a page, and when it has come: the text of an element has changed, or an expression is true. */
export interface Interaction {
  readonly name: string;
  readonly at: string;
  /** Seen before it begins */
  readonly ready: string;
  readonly act: (page: Page) => Promise<unknown>;
  /** An expression in the page; `before` is the text of what `ready` names, as it was */
  readonly come: string;
}

export interface Taken {
  /** ms from an event to the next paint, the longest of them */
  readonly nextPaint: number;
  /** ms from the first event until what it led to is painted */
  readonly shown: number;
}

const EVENTS = ['pointerdown', 'pointerup', 'click', 'keydown', 'keyup', 'wheel', 'input', 'change'];
const WAIT_MS = 60_000;
/** A page that asks again and again is seldom idle. */
const IDLE_MS = 5_000;
/** What measures is evaluated in the page, which our policy would forbid. */
const CONTEXT = { viewport: { width: 1600, height: 900 }, locale: 'en-GB', bypassCSP: true } as const;

/** @param ready CSS of what a visitor comes for @returns ms from the start of the navigation to the first contentful paint, and until that is painted; nothing is cached */
export async function measureVisit(browser: Browser, url: string, ready: string): Promise<{ painted: number; shown: number }> {
  const context = await browser.newContext(CONTEXT);
  try {
    const page = await context.newPage();
    await page.addInitScript(`(${noteShown})(${JSON.stringify(ready)})`);
    await page.goto(url, { waitUntil: 'commit' });
    // The browser notes a paint some time after it.
    await page.waitForFunction(`window.shownAt && performance.getEntriesByName('first-contentful-paint').length > 0`, undefined, {
      timeout: WAIT_MS,
    });
    return await page.evaluate<{ painted: number; shown: number }>(
      `({ painted: performance.getEntriesByName('first-contentful-paint')[0].startTime, shown: window.shownAt })`,
    );
  } finally {
    await context.close();
  }
}

// Runs in the page: after the frame in which the element is there.
const noteShown = `(ready) => {
  const look = () => document.querySelector(ready) ? setTimeout(() => (window.shownAt = performance.now())) : requestAnimationFrame(look);
  look();
}`;

/** On a page of its own that has everything: only what is done is measured. */
export async function measureInteraction(browser: Browser, { at, ready, act, come }: Interaction): Promise<Taken> {
  const context = await browser.newContext(CONTEXT);
  try {
    const page = await context.newPage();
    await page.goto(at);
    await page.locator(ready).first().waitFor({ timeout: WAIT_MS });
    await page.waitForLoadState('networkidle', { timeout: IDLE_MS }).catch(() => undefined);
    await page.evaluate(`(${arm})(${JSON.stringify({ ready, come, events: EVENTS })})`);
    await act(page);
    await page.waitForFunction('window.taken', undefined, { timeout: WAIT_MS });
    return await page.evaluate<Taken>('window.taken');
  } finally {
    await context.close();
  }
}

// Runs in the page. A frame is painted when the task after it runs.
const arm = `({ ready, come, events }) => {
  const before = document.querySelector(ready).textContent;
  const hasCome = new Function('before', 'return ' + come);
  let began;
  let nextPaint = 0;
  const painted = (then) => requestAnimationFrame(() => setTimeout(then));
  const look = () => hasCome(before) ? painted(() => (window.taken = { nextPaint, shown: performance.now() - began })) : requestAnimationFrame(look);
  for (const name of events)
    addEventListener(name, ({ timeStamp }) => {
      if (began === undefined) {
        began = timeStamp;
        requestAnimationFrame(look);
      }
      painted(() => (nextPaint = Math.max(nextPaint, performance.now() - timeStamp)));
    }, { capture: true, passive: true });
}`;
