import { readFile } from 'node:fs/promises';
import { Unusable } from './failure.ts';

/** @throws Unusable where the file is not there or no JSON */
export async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new Unusable(`${file} cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
