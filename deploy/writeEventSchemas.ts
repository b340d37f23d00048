import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeFolderSync } from '../platform/makeFolder.ts';
import { brokenPromises, eventSchemas } from './eventSchemas.ts';

const files = eventSchemas();
const broken = files.flatMap((file) => brokenPromises(file).map((words) => `${path.basename(file.path)}: ${words}`));
if (broken.length > 0) {
  process.stderr.write(
    `${broken.join('\n')}\nWho goes by these files can no longer: take it back, or raise the version in contracts/eventTypes.ts.\n`,
  );
  process.exitCode = 1;
} else
  for (const { path: file, text } of files) {
    makeFolderSync(path.dirname(file));
    writeFileSync(file, text);
  }
