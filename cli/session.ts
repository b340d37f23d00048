import type { Command } from 'commander';
import {
  ApiProblem,
  createArtifactClient,
  createClient,
  exportUser,
  NoSuchApi,
  type ArtifactClient,
  type Client,
} from '../client/index.ts';
import type * as localStack from '../deploy/local/stack/control.ts';
import { StartError } from '../deploy/local/supervision/startError.ts';
import { ConfigError, type Config } from '../platform/config.ts';
import { EXIT, Failed, inOurWords, problemLines, Unusable } from './failure.ts';
import { stackElsewhere } from './stackElsewhere.ts';
import type { Terminal } from './terminal.ts';

/** The stack on this machine. */
export type StackControl = typeof localStack;

/** What the command line is given to work with. */
export interface CliParts {
  readonly version: string;
  readonly terminal: Terminal;
  readonly readConfig: () => Config;
  readonly stack: StackControl;
}

/** What a command works with: the parts, and what `--api` and `--json` say. */
export interface Session {
  readonly terminal: Terminal;
  readonly stack: StackControl;
  readonly config: Config;
  readonly api: Client;
  readonly artifacts: ArtifactClient;
  /** All that is kept of a user, as it comes */
  readonly exportUser: (userId: string) => Promise<AsyncIterable<Uint8Array>>;
  readonly json: boolean;
}

/** What a command came to: one JSON document for programs, a text for people, and an exit code where it is not 0. */
export interface Outcome {
  readonly json: unknown;
  readonly text: string;
  readonly exitCode?: number;
}

export type Perform = (command: Command, body: (session: Session) => Promise<Outcome>) => Promise<void>;

interface GlobalOptions {
  readonly api?: string;
  readonly json?: boolean;
}

/** Runs the bodies of commands: opens their session, writes their outcome, turns what they throw into lines and an exit code. */
export function createPerform(parts: CliParts, setExitCode: (code: number) => void): Perform {
  const { terminal } = parts;
  return async (command, body) => {
    const { api, json = false } = command.optsWithGlobals<GlobalOptions>();
    const outcome = await openSession(parts, api, json)
      .then(body)
      .catch(async (error: unknown) => outcomeOfError(error, await adviceOn(error, parts, api)));
    setExitCode(outcome.exitCode ?? EXIT.ok);
    if (json) return terminal.out(`${JSON.stringify(outcome.json, null, 2)}\n`);
    const write = 'failed' in outcome ? terminal.err : terminal.out;
    if (outcome.text) write(`${outcome.text}\n`);
  };
}

async function openSession({ terminal, readConfig, stack }: CliParts, api: string | undefined, json: boolean): Promise<Session> {
  const config = readConfig();
  const url = api ?? config.client.apiUrl;
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw new Unusable(`--api ${url} is no address such as http://127.0.0.1:8000`);
  const at = { url, apiKey: config.client.apiKey };
  return {
    terminal,
    stack,
    config,
    api: createClient(at),
    artifacts: createArtifactClient(at),
    exportUser: (userId) => exportUser(at, userId),
    json,
  };
}

const adviceOn = async (error: unknown, { stack, readConfig }: CliParts, api: string | undefined): Promise<string | undefined> =>
  error instanceof NoSuchApi && error.reason !== undefined && api === undefined ? stackElsewhere(stack, readConfig()) : undefined;

function outcomeOfError(thrown: unknown, advice: string | undefined): Outcome & { failed: true } {
  const error = inOurWords(thrown, advice);
  if (error instanceof ApiProblem) {
    return { failed: true, json: error.problem, text: problemLines(error.problem).join('\n'), exitCode: EXIT.failed };
  }
  const failed = error instanceof StartError || error instanceof Failed;
  if (!failed && !(error instanceof Unusable) && !(error instanceof ConfigError)) throw error;
  return {
    failed: true,
    json: { title: error.name, detail: error.message },
    text: error.message,
    exitCode: failed ? EXIT.failed : EXIT.unusable,
  };
}
