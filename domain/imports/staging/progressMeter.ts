import type { ImportProgress } from '../../../contracts/dataImport.ts';
import type { StageProgress } from './stageSet.ts';

/** Adds rate and time left to what is reported, by what has gone on since the kind was begun. */
export function createProgressMeter(): (progress: StageProgress) => ImportProgress {
  let begun = { reading: '', at: 0, rows: 0, bytes: 0 };
  return ({ reading, rows, bytes, bytes_total }) => {
    if (begun.reading !== reading) begun = { reading, at: performance.now(), rows: 0, bytes: 0 };
    const seconds = Math.max(0.001, (performance.now() - begun.at) / 1000);
    const bytesPerS = (bytes - begun.bytes) / seconds;
    const eta = bytes_total !== null && bytesPerS > 0 ? Math.round((bytes_total - bytes) / bytesPerS) : null;
    return { reading, rows, rows_per_s: Math.round((rows - begun.rows) / seconds), bytes, bytes_total, eta_s: eta };
  };
}
