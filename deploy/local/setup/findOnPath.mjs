import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/**
 * @param {string} program
 * @param {string} [searchPath]
 * @returns {string | undefined} the absolute path of a program on PATH
 */
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
