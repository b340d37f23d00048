import { importProgressSchema, type ImportProgress } from '../contracts/dataImport.ts';
import { trainingProgressSchema, waitingProgressSchema } from '../contracts/training.ts';

/** `0.4 s`, `12.3 s`, `3 m 05 s`, `2 h 07 m`, `3 d 02 h` */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const units = [
    { large: 86_400, small: 3_600, names: ['d', 'h'] },
    { large: 3_600, small: 60, names: ['h', 'm'] },
    { large: 60, small: 1, names: ['m', 's'] },
  ] as const;
  const { large, small, names } = units.find((unit) => seconds >= unit.large) ?? units[2];
  const rest = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)} ${names[0]} ${String(rest).padStart(2, '0')} ${names[1]}`;
}

/** Four significant digits: metrics are compared, not computed with. */
export const numberText = (value: number): string => String(Number(value.toPrecision(4)));

/** `epoch 3/20, loss 0.2311, 52000 samples/s`, or whatever small values another step's heartbeat holds. */
export function progressText(progress: unknown): string {
  const training = trainingProgressSchema.safeParse(progress);
  if (training.success) {
    const { epoch, epochs, loss, samples_per_s, eta_s } = training.data;
    const parts = [`epoch ${epoch}/${epochs}`, loss !== null && `loss ${numberText(loss)}`, `${Math.round(samples_per_s)} samples/s`];
    return [...parts, eta_s !== null && `up to ${durationText(eta_s)} left`].filter(Boolean).join(', ');
  }
  const waiting = waitingProgressSchema.safeParse(progress);
  if (waiting.success) return `waits for ${waiting.data.waits_for}, ${waiting.data.before} before it`;
  const reading = importProgressSchema.safeParse(progress);
  if (reading.success) return importProgressText(reading.data);
  if (typeof progress !== 'object' || progress === null) return '';
  return Object.entries(progress)
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(', ');
}

const BAR_WIDTH = 20;

/** `ratings ████████░░░░░░░░░░░░ 41 %, 812000 rows, 402000 rows/s, 3.0 s left` */
function importProgressText({ reading, rows, rows_per_s, bytes, bytes_total, eta_s }: ImportProgress): string {
  const parts = [`${reading}${bytes_total === null ? '' : ` ${shareText(bytes, bytes_total)}`}`, `${rows} rows`, `${rows_per_s} rows/s`];
  return [...parts, eta_s !== null && `${durationText(eta_s)} left`].filter(Boolean).join(', ');
}

function shareText(bytes: number, bytesTotal: number): string {
  const share = bytesTotal > 0 ? bytes / bytesTotal : 1;
  const done = Math.round(share * BAR_WIDTH);
  return `${'█'.repeat(done)}${'░'.repeat(BAR_WIDTH - done)} ${Math.floor(100 * share)} %`;
}
