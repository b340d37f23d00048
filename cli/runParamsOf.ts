import { runParamsOf as split } from '../client/index.ts';
import { Unusable } from './failure.ts';

/** @throws Unusable for what no address can hold, so that it is not looked for under another one */
export function runParamsOf(text: string): ReturnType<typeof split> {
  if (!/^\.{0,2}$/.test(text)) return split(text);
  throw new Unusable(`${JSON.stringify(text)} is no run id; \`mlops runs\` lists them.`);
}
