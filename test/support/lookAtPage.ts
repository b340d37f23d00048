import axe, { type AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

export interface WatchedPage {
  readonly page: Page;
  /** What went wrong so far: errors of the console, exceptions, answers that are refusals, requests to others */
  readonly wrong: string[];
}

/** A page of its own, with an eye on all that it does. @param origin whom alone it may ask */
export async function openPage(browser: Browser, origin: string, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width: 1600, height: 900 },
    reducedMotion: 'reduce',
    baseURL: origin,
    ...options,
  });
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on('console', (message) => void (message.type() === 'error' && wrong.push(`${page.url()} says ${message.text()}`)));
  page.on('pageerror', (error) => void wrong.push(`${page.url()} raised ${error.message}`));
  page.on('response', (response) => void (response.status() >= 400 && wrong.push(`${response.url()} answered ${response.status()}`)));
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('data:')) wrong.push(`asked ${request.url()}`);
  });
  return { page, wrong };
}

/** @returns what axe finds that keeps somebody from using the page: rule and element */
export async function seriousFindings(page: Page): Promise<string[]> {
  // As a debugger evaluates it, which the page's own policy does not forbid.
  const { violations } = await page.evaluate<AxeResults>(`${axe.source}; axe.run()`);
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  return serious.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}
