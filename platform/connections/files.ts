import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** @throws Error in words, such as `/keys/ca.pem cannot be read (ENOENT)` */
export function readGiven(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`, { cause: error });
  }
}

/** Adds what `read` throws to the issues of a value, and goes on with what it returns. */
export const readBy =
  <From, To>(read: (value: From) => To) =>
  (value: From, context: z.core.$RefinementCtx): To | typeof z.NEVER => {
    try {
      return read(value);
    } catch (error) {
      context.addIssue((error as Error).message);
      return z.NEVER;
    }
  };

/** A variable that is the path of a file; its value becomes what `read` makes of it. */
export const fileText = (read: (file: string) => string, purpose: string) =>
  z.string().transform(readBy(read)).optional().describe(purpose);

/** The same of a file that is read by others, whose value stays the path. */
export const filePath = (read: (file: string) => string, purpose: string) =>
  fileText((file) => {
    read(file);
    return file;
  }, purpose);

/**
 * Values with those of the secrets that are given by a file, without its final newline.
 * @param secrets names that may be given as `<NAME>_FILE`
 * @returns the values, and what is wrong with the files by the name of the secret
 */
export function readSecretFiles(given: Readonly<Record<string, string>>, secrets: readonly string[]) {
  const values: Record<string, string> = { ...given };
  const wrong: { name: string; message: string }[] = [];
  for (const name of secrets) {
    const file = given[fileTwin(name)];
    if (file === undefined) continue;
    if (given[name] !== undefined) wrong.push({ name, message: `${name} and ${fileTwin(name)} are both set; one is enough` });
    try {
      const value = readGiven(file).replace(/\r?\n$/, '');
      if (value === '') wrong.push({ name, message: `${fileTwin(name)}: ${file} is empty` });
      else values[name] = value;
    } catch (error) {
      wrong.push({ name, message: `${fileTwin(name)}: ${(error as Error).message}` });
    }
  }
  return { values, wrong };
}

export const fileTwin = (name: string): string => `${name}_FILE`;
