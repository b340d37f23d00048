#!/usr/bin/env node
/** Starts the built command line. Plain JavaScript without dependencies, so that it can say what is missing on a fresh clone. */
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main);
} else {
  console.error('mlops is not built yet: run `npm start` (the whole platform), or `npm run setup && npm run build`.');
  process.exitCode = 2;
}
