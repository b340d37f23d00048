/** Stands for no first part: what follows is the whole id. */
const WHOLE = '~';
/** The same for an id of nothing but dots, by which a URL would go up: a `~` stands behind it. */
const DOTS = '~~';
const IS_DOTS = /^\.{1,2}$/;
const FIRST_PART = /^[A-Za-z0-9][A-Za-z0-9._:+-]{0,199}$/;

/** A run id as it stands in a path: see `runParams`. */
export type RunParams = {
  readonly subject: string;
  readonly run: string;
};

export function runIdOf({ subject, run }: RunParams): string {
  if (subject === DOTS) return run.replace(/~$/, '');
  return subject === WHOLE ? run : `${subject}/${run}`;
}
export function runParamsOf(runId: string): RunParams {
  if (IS_DOTS.test(runId)) return { subject: DOTS, run: `${runId}~` };
  const [subject = '', ...rest] = runId.split('/');
  const run = rest.join('/');
  // What a URL would leave out or go up by has to stand with what comes before it.
  return FIRST_PART.test(subject) && !/^\.{0,2}$/.test(run) ? { subject, run } : { subject: WHOLE, run: runId };
}
