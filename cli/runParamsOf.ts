import { runParamsOf as split } from '../client/index.ts';
import { Unusable } from './failure.ts';

/** @throws Unusable for no id at all, which would be the address of the list */
export function runParamsOf(text: string): ReturnType<typeof split> {
  if (text !== '') return split(text);
  throw new Unusable(`"" is no run id; \`mlops runs\` lists them.`);
}
