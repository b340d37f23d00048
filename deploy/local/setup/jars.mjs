import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand, SetupError } from './command.mjs';
import { findOnPath } from './findOnPath.mjs';
import { BUILD_TOOLS, buildTool } from './buildTools.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
/** SHA-256 by Maven coordinates, of all that one engine runs on. */
const listOf = (engine) => JSON.parse(readFileSync(here(`jars/${engine}.json`), 'utf8'));
const fileOf = (coordinates) => `${coordinates.split(':').slice(1).join('-')}.jar`;

/** The ways to get an engine's jars; whichever it is, they are those that the committed list names, to the byte. */
export const waysToJars = (engine, version) => [
  {
    by: 'Maven of this machine',
    isHere: () => findOnPath('mvn') !== undefined,
    run: async (folder, context) => {
      await runCommand('mvn', [...mavenArguments(engine, version), `-DoutputDirectory=${folder}`, COPY], {
        env: context.env,
        onLine: context.step.say,
      });
      await checkJars(engine, folder);
    },
  },
  {
    by: findOnPath('mvn') ? 'jgo of PyPI' : 'jgo of PyPI, since no Maven is here',
    run: async (folder, context) => {
      await copyByJgo(engine, folder, context);
      await checkJars(engine, folder);
    },
  },
];

const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const mavenArguments = (engine, version) => ['--batch-mode', '--file', here(`poms/${engine}.xml`), `-Dengine.version=${version}`];

/** Every jar is asked for by name, so that no version is left to be decided; jgo lays them out as Maven's own local repository does. */
async function copyByJgo(engine, folder, context) {
  const jgo = await buildTool('jgo', context);
  const work = path.join(context.cacheDir, BUILD_TOOLS, `jgo-${engine}`);
  await mkdir(work, { recursive: true });
  const names = Object.keys(listOf(engine));
  const lines = [
    '[environment]',
    `name = "${engine}"`,
    '[dependencies]',
    `coordinates = ${JSON.stringify(names)}`,
    '[settings]',
    'cache_dir = ".jgo"',
  ];
  await writeFile(path.join(work, 'jgo.toml'), lines.join('\n'));
  const repository = path.join(work, 'repository');
  await runCommand('python3', ['-m', 'jgo', '--ignore-config', '--resolver', 'python', '--repo-cache', repository, 'sync'], {
    cwd: work,
    env: { ...context.env, PYTHONPATH: jgo, JGO_CACHE_DIR: path.join(work, 'cache'), COLOR: 'plain' }, // npm sets COLOR to what jgo does not know
    onLine: context.step.say,
  });
  for (const coordinates of names) {
    const [group, artifact, version] = coordinates.split(':');
    const jar = path.join(repository, ...group.split('.'), artifact, version, fileOf(coordinates));
    if (existsSync(jar)) await copyFile(jar, path.join(folder, fileOf(coordinates)));
  }
  await rm(work, { recursive: true, force: true });
}

/** @throws SetupError that names each jar which is missing, not in the list, or other than it was */
export async function checkJars(engine, folder) {
  const wanted = new Map(Object.entries(listOf(engine)).map(([coordinates, sha256]) => [fileOf(coordinates), sha256]));
  const found = (await readdir(folder)).filter((name) => name.endsWith('.jar'));
  const missing = [...wanted.keys()].filter((name) => !found.includes(name)).map((name) => `${name} is missing`);
  const wrong = await Promise.all(
    found.map(async (name) => {
      if (!wanted.has(name)) return `${name} is not in the list`;
      const sha256 = createHash('sha256')
        .update(await readFile(path.join(folder, name)))
        .digest('hex');
      return sha256 === wanted.get(name) ? undefined : `${name} has the hash ${sha256} instead of ${wanted.get(name)}`;
    }),
  );
  const faults = [...missing, ...wrong.filter(Boolean)];
  if (faults.length > 0) throw new SetupError(`The jars of ${engine} are not those of its list: ${faults.join('; ')}`);
}

/**
 * Whether an engine's jars in the cache are still those of its list. One whose size and time are those that it was found right with is not read again, so that a
 * start has to look at a hundred files only.
 */
export function areJarsWhole(engine, folder, list = listOf(engine)) {
  const notes = `${folder}.jars.json`;
  const known = readNotes(notes);
  const found = {};
  for (const [coordinates, sha256] of Object.entries(list)) {
    const name = fileOf(coordinates);
    const file = path.join(folder, name);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (!stat) return false;
    found[name] = `${stat.size} ${stat.mtimeMs}`;
    if (found[name] !== known[name] && createHash('sha256').update(readFileSync(file)).digest('hex') !== sha256) return false;
  }
  if (JSON.stringify(found) !== JSON.stringify(known)) writeNotes(notes, found);
  return true;
}

function readNotes(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}

function writeNotes(file, notes) {
  try {
    writeFileSync(file, JSON.stringify(notes));
  } catch {
    // A cache that is not ours to write is read each time.
  }
}
