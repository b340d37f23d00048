import { effect, signal } from '@preact/signals';
import { endpoints } from './built.ts';
import { needsSignIn } from './connection.ts';
import { eventsIn } from './eventsIn.ts';
import { nextWaitMs } from './waits.ts';

/** Whether the API tells what changes, so that hardly anything has to be asked in between. */
export const isLive = signal(false);

/** Told of the subjects that have changed; of null where nobody tells any more. */
type Hear = (subjects: readonly string[] | null) => void;
const hearers = new Set<Hear>();

/** @returns how to end */
export function hearChanges(hear: Hear): () => void {
  hearers.add(hear);
  return () => void hearers.delete(hear);
}

/** The API gives a sign of life every five seconds. */
const SILENCE_MS = 20_000;
const UNKNOWN = 401;

let lastId: string | undefined;
let following: AbortController | undefined;

/** One stream for all of the page, while somebody sees it. */
function follow(): void {
  const isWanted = !document.hidden && !needsSignIn.peek();
  if (isWanted && following?.signal.aborted === false) return;
  following?.abort();
  if (!isWanted) return;
  const over = (following = new AbortController());
  void goOn(over.signal);
}

async function goOn(over: AbortSignal): Promise<void> {
  let failures = 0;
  while (!over.aborted) {
    const came = await readStream(over).catch(() => false);
    failures = came ? 0 : failures + 1;
    if (isLive.value) {
      isLive.value = false;
      tell(null);
    }
    if (!over.aborted) await waitFor(nextWaitMs(0, failures + 1), over);
  }
}

/** @returns whether anything was told, once the stream has ended */
async function readStream(over: AbortSignal): Promise<boolean> {
  const silent = new AbortController();
  const headers = { accept: 'text/event-stream', 'x-requested-with': 'console', ...(lastId !== undefined && { 'last-event-id': lastId }) };
  const address = endpoints['changes']!['follow']!.path;
  let timer = setTimeout(() => silent.abort(), SILENCE_MS);
  try {
    const answer = await fetch(address, { headers, signal: AbortSignal.any([over, silent.signal]) });
    if (answer.status === UNKNOWN) needsSignIn.value = true;
    if (!answer.ok || !answer.body) return false;
    isLive.value = true;
    for await (const { id, data } of eventsIn(answer.body, () => {
      clearTimeout(timer);
      timer = setTimeout(() => silent.abort(), SILENCE_MS);
    })) {
      lastId = id ?? lastId;
      tell((JSON.parse(data) as { subjects?: readonly string[] }).subjects ?? []);
    }
    return true;
  } finally {
    clearTimeout(timer);
  }
}

function tell(subjects: readonly string[] | null): void {
  for (const hear of hearers) hear(subjects);
}

const waitFor = (ms: number, over: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms);
    over.addEventListener('abort', done);
    function done() {
      clearTimeout(timer);
      over.removeEventListener('abort', done);
      resolve();
    }
  });

document.addEventListener('visibilitychange', follow);
effect(() => {
  void needsSignIn.value; // who has signed in is told from then on
  follow();
});
