import { readFile } from 'node:fs/promises';
import { Argument, type Command } from 'commander';
import { workflows } from '../contracts/endpoints/workflows.ts';
import { STARTABLE_WORKFLOWS, type StartableWorkflow } from '../contracts/workflows.ts';
import { Unusable } from './failure.ts';
import type { Perform } from './session.ts';
import { startRun, withStartOptions, type StartOptions } from './startRun.ts';

/** `run`: starts any workflow by its name, with its input as JSON. */
export function addRunWorkflowCommand(program: Command, perform: Perform): void {
  const run = program
    .command('run')
    .description('Start a workflow with an input of your own')
    .addArgument(new Argument('<workflow>').choices(STARTABLE_WORKFLOWS))
    .option('--input <json>', `as its schema says (GET ${workflows.list.path}); @file reads it from a file`, '{}');
  withStartOptions(run).action((workflow: StartableWorkflow, options: StartOptions & { input: string }, command: Command) =>
    perform(command, async (session) => startRun(session, options, { workflow, input: await readInput(options.input) })),
  );
}

async function readInput(given: string): Promise<Record<string, unknown>> {
  const text = given.startsWith('@') ? await readInputFile(given.slice(1)) : given;
  try {
    const input: unknown = JSON.parse(text);
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as Record<string, unknown>;
  } catch {
    // told below
  }
  throw new Unusable(`--input ${given} is no JSON object`);
}

async function readInputFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Unusable(`--input: ${file} cannot be read`, { cause: error });
  }
}
