import { z } from 'zod';

const part = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:+-]{0,199}$/, 'letters, digits and ._:+-');

/** A run id in a path has two parts: `training/2026-11-23-a1`. */
export const runParams = z.object({ subject: part, run: part });
type RunParams = z.infer<typeof runParams>;

export const runIdOf = ({ subject, run }: RunParams): string => `${subject}/${run}`;
export function runParamsOf(runId: string): RunParams {
  const [subject = '', ...run] = runId.split('/');
  return { subject, run: run.join('/') };
}
