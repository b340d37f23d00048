import { runParamsOf as split } from '../client/index.ts';
import { Unusable } from './failure.ts';

/** @throws Unusable for what names no run, so that it is not looked for under another address */
export function runParamsOf(text: string): ReturnType<typeof split> {
  if (/^[^/]+\/[^/]+$/.test(text)) return split(text);
  throw new Unusable(`${text} is no run id; they look like training/2026-11-23-a1, and \`mlops runs\` lists them.`);
}
