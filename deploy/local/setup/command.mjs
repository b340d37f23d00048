import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/** A reason that a person can act on; shown without a stack. */
export class SetupError extends Error {}

const TAIL_LINES = 30;

/** @returns {string | undefined} the absolute path of a program on PATH */
export function findOnPath(program, searchPath = process.env.PATH ?? '') {
  return searchPath
    .split(path.delimiter)
    .filter(Boolean)
    .map((folder) => path.join(folder, program))
    .find(isProgram);
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

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
