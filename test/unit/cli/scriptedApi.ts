import { afterEach } from '@jest/globals';
import { startApiServer, type Answer } from './apiServer.ts';
import { invoke } from './invoke.ts';

/** Commands, each against a server of its own that answers from a script and ends with the test. @param command what all of them begin with */
export function askScriptedApi(...command: readonly string[]) {
  let server: Awaited<ReturnType<typeof startApiServer>> | undefined;
  const close = async () => {
    await server?.close();
    server = undefined;
  };
  afterEach(close);
  return {
    ask: async (args: readonly string[], script: Readonly<Record<string, Answer | readonly Answer[]>> = {}) => {
      await close();
      server = await startApiServer(script);
      return invoke([...command, ...args, '--api', server.url]);
    },
    /** Each call of the last command, with its body */
    asked: () => server!.received.map(({ method, url, body }) => [`${method} ${url}`, body]),
  };
}

/** A table as it is printed, cell by cell. */
export const cells = (out: string) =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(/\s{2,}/));
