import { runCli } from '../../../cli/program.ts';
import type { CliParts } from '../../../cli/session.ts';
import { readConfig } from '../../../platform/config.ts';

export interface Invocation {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}
type Options = Partial<Pick<CliParts, 'stack'>> & {
  readonly env?: Record<string, string>;
  readonly colour?: boolean;
  readonly live?: boolean;
  /** Of the person who reads; a program does when missing */
  readonly timeZone?: string;
};

/** Runs one command line in this process and keeps what it writes. The stack is for its own tests; others must not touch it. */
export async function invoke(
  args: readonly string[],
  { env = {}, colour = false, live = false, timeZone, stack }: Options = {},
): Promise<Invocation> {
  const written = { out: '', err: '' };
  const exitCode = await runCli(args, {
    version: '1.2.3',
    terminal: { out: (text) => (written.out += text), err: (text) => (written.err += text), colour, live, columns: 100, timeZone },
    readConfig: () => readConfig(env),
    stack: stack ?? refuseStack,
  });
  return { exitCode, ...written };
}

const refuseStack = new Proxy({} as CliParts['stack'], {
  get: (_target, name) => {
    throw new Error(`the test touched stack.${String(name)}`);
  },
});
