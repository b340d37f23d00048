import type { BlobStore } from '../../platform/blobs/store.ts';
import type { KeptReport } from '../recommender/evaluation/evaluationReport.ts';
import type { Pass, Store } from './store.ts';

const REPORT = /^runs\/.+\/report\.json$/;

/** What evaluations asked: their figures stay, and the user's questions are taken out of the columns. */
export const createReportStore = (blobs: BlobStore): Store => ({
  async erase({ userId }, pass) {
    if (!pass.isLast) return 0; // an evaluation that goes on writes its own
    let gone = 0;
    for await (const { key, report, asked } of reportsWith(blobs, userId, pass)) {
      await blobs.put(key, Buffer.from(`${JSON.stringify(withoutUser(report, userId))}\n`));
      gone += asked;
    }
    return gone;
  },
  async look({ userId }, pass) {
    let count = 0;
    for await (const { asked } of reportsWith(blobs, userId, pass)) count += asked;
    return { count };
  },
});

type Report = Pick<KeptReport, 'outcomes'>;

/** Reports that ask the user, and how often. */
export async function* reportsWith(blobs: BlobStore, userId: string, { signal, onProgress }: Pick<Pass, 'signal' | 'onProgress'>) {
  const written = JSON.stringify(userId);
  for await (const { key } of blobs.walk(blobs.uriOf('runs'))) {
    if (!REPORT.test(key)) continue;
    signal.throwIfAborted();
    onProgress({ report: key });
    const content = await blobs.get(blobs.uriOf(key));
    if (!content.includes(written)) continue;
    const report = JSON.parse(content.toString()) as Report;
    const asked = report.outcomes.user_id.filter((id) => id === userId).length;
    if (asked > 0) yield { key, report, asked };
  }
}

function withoutUser(report: Report, userId: string): Report {
  const { user_id } = report.outcomes;
  const columns = Object.entries(report.outcomes).map(([name, values]: [string, readonly unknown[]]) => [
    name,
    values.filter((_, at) => user_id[at] !== userId),
  ]);
  return { ...report, outcomes: Object.fromEntries(columns) as Report['outcomes'] };
}
