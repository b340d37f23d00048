import { readFileSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from './command.mjs';
import { unpackDebian } from './debian.mjs';
import { findOnPath } from './findOnPath.mjs';
import { isGoHere } from './temporal.mjs';

const { prometheus, alertmanager } = JSON.parse(readFileSync(new URL('../versions.json', import.meta.url), 'utf8'));
const PROMETHEUS = 'github.com/prometheus/prometheus';

/** Debian's has the pages of the web UI, which Go's module lacks; both have the API, the rules and `promtool`. */
export const WAYS_TO_PROMETHEUS = [
  {
    by: "Debian's package",
    isHere: () => findOnPath('apt-get') !== undefined && findOnPath('dpkg-deb') !== undefined,
    async run(folder, context) {
      await unpackDebian(['prometheus'], folder, context);
      for (const name of ['prometheus', 'promtool']) await symlink(path.join('usr', 'bin', name), path.join(folder, name));
    },
  },
  {
    by: 'Go of this machine',
    isHere: isGoHere,
    async run(folder, { step, env }) {
      // Prometheus replaces modules of others in its own go.mod, so that `go install` refuses it; a module that asks for it builds.
      const work = path.join(folder, 'work');
      await mkdir(work);
      await writeFile(path.join(work, 'go.mod'), `module monitoring\n\ngo 1.23\n\nrequire ${PROMETHEUS} v${prometheus}\n`);
      const programs = ['prometheus', 'promtool'].map((name) => `${PROMETHEUS}/cmd/${name}`);
      await runCommand('go', ['build', '-mod=mod', '-ldflags=-s -w', '-o', `${folder}${path.sep}`, ...programs], {
        cwd: work,
        env,
        onLine: step.say,
      });
      await rm(work, { recursive: true });
    },
  },
];

/** Debian's package, unpacked, does not find its templates: it has to be installed, and is found on PATH then. */
export const WAYS_TO_ALERTMANAGER = [
  {
    by: 'Go of this machine',
    isHere: isGoHere,
    run: (folder, { step, env }) =>
      runCommand('go', ['install', '-ldflags=-s -w', `github.com/prometheus/alertmanager/cmd/alertmanager@v${alertmanager}`], {
        env: { ...env, GOBIN: folder },
        onLine: step.say,
      }),
  },
];
