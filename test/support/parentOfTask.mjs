/** A process that runs the task `deep` in a child, says the child's pid, and waits to be killed. */
import { fileURLToPath } from 'node:url';
import { callInChild } from '../../dist/platform/childProcess/parent.js';

await callInChild({
  file: fileURLToPath(new URL('troubledTask.mjs', import.meta.url)),
  name: process.argv[2],
  input: null,
  heapMb: 64,
  mostMb: 1_000,
  signal: new AbortController().signal,
  onProgress: ({ pid }) => process.stdout.write(`${pid}\n`),
  onLog: () => undefined,
});
