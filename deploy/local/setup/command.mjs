import { spawn } from 'node:child_process';

/** A reason that a person can act on; shown without a stack. */
export class SetupError extends Error {}

const TAIL_LINES = 30;

/**
 * Runs a program to its end.
 * @param {(line: string) => void} [options.onLine] told each line of its output while it runs
 * @returns {Promise<string>} all it wrote
 * @throws SetupError with the last lines it wrote, when it cannot be run or ends with another code than 0
 */
export function runCommand(program, args, { cwd, env, onLine } = {}) {
  return new Promise((resolve, reject) => {
    let output = '';
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const read = (chunk) => {
      output += chunk;
      if (onLine)
        String(chunk)
          .split('\n')
          .map((line) => line.trim())
          .filter(Boolean)
          .forEach(onLine);
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.on('error', (error) => reject(new SetupError(`${program} cannot be run: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(output);
      const tail = output.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
      reject(new SetupError(`${[program, ...args].join(' ')} ended with ${signal ?? code}:\n${tail}`));
    });
  });
}
