import { effect, signal } from '@preact/signals';
import { endpoints } from './built.ts';
import { api } from './calls.ts';
import { needsSignIn, noteAnswer } from './connection.ts';
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

/** What is told to the windows of a browser by the one of them that has the stream; null: nobody tells any more. */
interface Told {
  readonly id?: string | undefined;
  readonly subjects: readonly string[] | null;
}
const windows = new BroadcastChannel('mlops.changes');
const LOCK = 'mlops.changes';

let lastId: string | undefined;
let following: AbortController | undefined;
let silence: ReturnType<typeof setTimeout> | undefined;

function hear({ id, subjects }: Told): void {
  lastId = id ?? lastId;
  clearTimeout(silence);
  if (subjects !== null) silence = setTimeout(() => hear({ subjects: null }), SILENCE_MS);
  if (subjects === null && !isLive.peek()) return;
  isLive.value = subjects !== null;
  if (subjects?.length !== 0) tell(subjects);
}

function pass(told: Told): void {
  hear(told);
  windows.postMessage(told);
}

/** One stream for all windows of the browser, which has six connections for them, while one of them is seen. */
function follow(): void {
  const isWanted = !document.hidden && !needsSignIn.peek();
  if (isWanted && following?.signal.aborted === false) return;
  following?.abort();
  if (!isWanted) return;
  const over = (following = new AbortController());
  void inTurn(over.signal);
}

/** Locks are for pages of `https` and of this machine alone; on others each window has a stream of its own. */
async function inTurn(over: AbortSignal): Promise<void> {
  // The type says that there always are some.
  const locks = navigator.locks as LockManager | undefined;
  await (locks ? locks.request(LOCK, { signal: over }, () => goOn(over)) : goOn(over)).catch(() => undefined);
}

async function goOn(over: AbortSignal): Promise<void> {
  let failures = 0;
  while (!over.aborted) {
    const came = await readStream(over).catch(() => false);
    failures = came ? 0 : failures + 1;
    pass({ subjects: null });
    if (over.aborted) return;
    await api.callers.me({ signal: over }).catch(() => undefined); // says whether anybody answers, where the page asks nothing else
    await waitFor(nextWaitMs(0, failures + 1), over);
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
    noteAnswer(true);
    pass({ subjects: [] });
    for await (const { id, data } of eventsIn(answer.body, () => {
      clearTimeout(timer);
      timer = setTimeout(() => silent.abort(), SILENCE_MS);
      pass({ subjects: [] });
    }))
      pass({ id, subjects: (JSON.parse(data) as { subjects?: readonly string[] }).subjects ?? [] });
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

windows.onmessage = ({ data }: MessageEvent<Told>) => hear(data);
document.addEventListener('visibilitychange', follow);
effect(() => {
  void needsSignIn.value; // who has signed in is told from then on
  follow();
});
