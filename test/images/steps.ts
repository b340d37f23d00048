import { setTimeout as sleep } from 'node:timers/promises';
import { createStackSettings, startStack, waitForOutput } from '../support/stack.ts';
import { buildFlags, PORT_OFFSET, type Shell } from './docker.ts';

/** MB of an image at most. */
const BUDGETS = { api: 400, serving: 400, worker: 1_000 };
/** What the guide has Docker build, and what the stack needs beside it. */
const OF_GUIDE = ['api', 'mlflow', 'feast', 'pytorch'];
const ENGINES = ['postgres', 'kafka', 'temporal', 'redis', 'monitoring'];
const OF_OTHERS = ['grafana/grafana', 'ghcr.io/kafbat/kafka-ui'];
const STANDS_IN = 'movie-mlops.stands-in';
const NOBODY = 'http://grafana.invalid';
const PATIENCE_MS = 300_000;
const MAIN_JOB_MS = 900_000;
const at = (port: number) => `http://127.0.0.1:${port + PORT_OFFSET}`;
const RECOMMENDATIONS = `${at(8000)}/api/v1/recommendations?k=5&user_id=1`;

export async function buildAll(shell: Shell): Promise<void> {
  const build = (file: string, image: string, flags = '') =>
    shell(`docker build ${buildFlags} ${flags} -f docker/dockerfiles/Dockerfile.${file} -t ${image} .`);
  for (const image of OF_GUIDE) await build(image, `movie-mlops-${image}`);
  await build('worker', 'movie-mlops-worker');
  // The base with CUDA cannot be had where the public one cannot: the image is then built, and finds no GPU.
  await build('worker-gpu', 'movie-mlops-worker-gpu', process.env['BASE'] ? `--build-arg CUDA_BASE=${process.env['BASE']}` : '');
  for (const engine of ENGINES) await build('engines', `movie-mlops-${engine}`, `--target ${engine}`);
  await shell('docker tag movie-mlops-pytorch movie-mlops-serving');
  for (const image of ['api', 'serving', 'worker', ...ENGINES]) await shell(`docker tag movie-mlops-${image} movie-mlops-${image}:local`);
}

/** @throws Error that names what is over its budget */
export async function weigh(shell: Shell): Promise<void> {
  const over: string[] = [];
  for (const [image, budget] of Object.entries(BUDGETS)) {
    const bytes = Number(await shell(`docker image inspect --format '{{.Size}}' movie-mlops-${image}:local`));
    const told = `${image} ${Math.round(bytes / 1e6)} MB of ${budget}`;
    process.stderr.write(`    ${told}\n`);
    if (bytes > budget * 1e6) over.push(told);
  }
  if (over.length > 0) throw new Error(`over the budget: ${over.join(', ')}`);
}

/** Where images of others cannot be pulled, a container that does nothing stands in their place: the one exception. @returns these images */
export async function standIn(shell: Shell): Promise<string[]> {
  const missing: string[] = [];
  const images = (await shell('docker compose config --images'))
    .split('\n')
    .filter((image) => OF_OTHERS.some((one) => image.startsWith(one)));
  for (const image of images) {
    if ((await labelOf(shell, image)) === '') continue;
    missing.push(image);
    process.stderr.write(`    ${image} cannot be had here; something that does nothing stands in its place\n`);
    await shell(
      `printf 'FROM %s\\nHEALTHCHECK NONE\\nENTRYPOINT ["sleep", "infinity"]\\n' movie-mlops-api | docker build --label ${STANDS_IN}=1 -t ${image} -`,
    );
  }
  return missing;
}

/** @returns what says that an image of ours stands in for it, perhaps since another run: empty for the image itself; undefined where it cannot be had */
const labelOf = (shell: Shell, image: string): Promise<string | undefined> =>
  shell(
    `(docker image inspect ${image} || docker pull ${image}) >/dev/null && docker image inspect --format '{{index .Config.Labels "${STANDS_IN}"}}' ${image}`,
  ).then(
    (said) => said.trim(),
    () => undefined,
  );

/** @returns seconds that `npm start` takes to the same recommendation here, with what set-up keeps and nothing else */
export async function startWithout(): Promise<number> {
  const startedAt = performance.now();
  const stack = await startStack([], await createStackSettings());
  try {
    await waitForOutput(stack, 'Try:', MAIN_JOB_MS);
    return (performance.now() - startedAt) / 1_000;
  } finally {
    await stack.interrupt();
    await stack.remove();
  }
}

/** @param besideS seconds that `npm start` took */
export async function comeUp(shell: Shell, besideS: number): Promise<void> {
  const startedAt = performance.now();
  await shell('docker compose up --detach --no-build');
  await waitUntil(
    'the main job ends',
    async () => (await shell("docker inspect -f '{{.State.Status}}' movie-mlops-main-job")).trim() === 'exited',
  );
  const shown = await shell('docker logs movie-mlops-main-job 2>&1 | tail -n 12');
  if ((await shell("docker inspect -f '{{.State.ExitCode}}' movie-mlops-main-job")).trim() !== '0') throw new Error(shown);
  const tookS = (performance.now() - startedAt) / 1_000;
  const beside = `${besideS.toFixed(1)} s by npm start: ${(tookS / besideS).toFixed(2)} times as long`;
  process.stderr.write(`    from built images to a recommendation: ${tookS.toFixed(1)} s, ${beside}\n${shown}\n`);
}

/** The nine systems, as one asks them from the machine that runs Docker; Grafana is told as absent where something stands in its place. */
export async function askSystems(shell: Shell, missing: readonly string[]): Promise<void> {
  const noGrafana = missing.some((image) => image.startsWith('grafana/')) && { GRAFANA_URL: NOBODY };
  const ask = () => shell('node cli/mlops.mjs check', { PORT_OFFSET: String(PORT_OFFSET), ...noGrafana });
  await waitUntil('mlops check', async () => (process.stderr.write(await ask()), true));
}

/** The guide's own lines, as printed; `-it` wants a terminal, which a test has not. */
export async function followGuide(shell: Shell): Promise<void> {
  for (const stack of ['postgres', 'airflow', 'redis', 'feast', 'mlflow', 'pytorch', 'monitoring', 'kafka'])
    await shell(`docker compose -f docker/docker-compose.${stack}.yml up -d`);
  if (!(await shell('docker logs movie-mlops-airflow 2>&1')).includes('worker-control'))
    throw new Error("the log of movie-mlops-airflow is not the worker's");
  for (const name of ['feast', 'pytorch-api', 'kafka']) await shell(`docker exec -i movie-mlops-${name} bash -c 'cd / && pwd'`);
  const topics = { 'movie-recommendations': 3, 'user-events': 3, 'model-drift-alerts': 1, 'system-health': 2, 'of-this-test': 2 };
  for (const [topic, partitions] of Object.entries(topics)) {
    const create = `kafka-topics --create --topic ${topic} --bootstrap-server localhost:9092 --partitions ${partitions} --replication-factor 1`;
    await shell(`docker exec -i movie-mlops-kafka bash -c '${create}'`).catch((error: unknown) => {
      if (!String(error).includes('already exists')) throw error; // the platform has made its own
    });
  }
  await shell('docker exec movie-mlops-kafka kafka-topics --list --bootstrap-server localhost:9092 | grep -q "user-events"');
  await shell(
    'docker exec movie-mlops-kafka kafka-console-consumer --topic user-events --bootstrap-server localhost:9092 --from-beginning --timeout-ms 3000',
  );
}

/** Another image of the API and back, while somebody asks all the time: each answer is whole, and the outage is told. */
export async function upgradeUnderLoad(shell: Shell): Promise<void> {
  await shell("printf 'FROM movie-mlops-api:local\\nLABEL release=next\\n' | docker build -t movie-mlops-api:next -");
  const load = keepAsking();
  for (const tag of ['next', 'local']) {
    await shell('docker compose up --detach --no-build --no-deps api', { MLOPS_TAG: tag });
    await waitUntil(`the API of ${tag} answers`, async () => (await fetch(RECOMMENDATIONS)).ok);
    const image = (await shell("docker inspect -f '{{.Config.Image}}' movie-mlops-api")).trim();
    if (image !== `movie-mlops-api:${tag}`) throw new Error(`${image} runs, not ${tag}`);
  }
  const { answered, refused, broken } = await load.end();
  process.stderr.write(`    ${answered} answers, ${refused} times nobody was there, ${broken} answers broken off\n`);
  if (answered === 0 || broken > 0) throw new Error('an answer was broken off');
}

/** One container after the other is killed as a machine kills: each comes back, and the systems are well again. */
export async function killEach(shell: Shell): Promise<void> {
  const names = (await shell("docker ps --format '{{.Names}}'")).split('\n').filter((name) => name.startsWith('movie-mlops-'));
  for (const name of names) {
    const count = async () => Number(await shell(`docker inspect -f '{{.RestartCount}}' ${name}`));
    const before = await count();
    await shell(`kill -9 $(docker inspect -f '{{.State.Pid}}' ${name})`);
    await waitUntil(`${name} comes back`, async () => (await count()) > before && (await isWell(shell, name)));
  }
  await waitUntil('a recommendation', async () => (await fetch(RECOMMENDATIONS)).ok);
}

const isWell = async (shell: Shell, name: string) =>
  /^running (healthy|none)$/.test(
    (await shell(`docker inspect -f '{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}' ${name}`)).trim(),
  );

function keepAsking() {
  const told = { answered: 0, refused: 0, broken: 0 };
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      const answer = await fetch(RECOMMENDATIONS).catch(() => undefined);
      if (answer === undefined) {
        told.refused += 1;
        await sleep(20);
        continue;
      }
      await answer.json().then(
        () => (told.answered += 1),
        () => (told.broken += 1),
      );
    }
  })();
  return {
    async end() {
      isOver = true;
      await asking;
      return told;
    },
  };
}

async function waitUntil(what: string, look: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  let reason: unknown = 'not yet';
  while (performance.now() < end) {
    try {
      if (await look()) return;
    } catch (error) {
      reason = error;
    }
    await sleep(500);
  }
  throw new Error(`${what}: not within ${PATIENCE_MS / 1_000} s: ${String(reason)}`);
}
