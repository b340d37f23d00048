import type { ComponentChildren } from 'preact';
import { Away, isMissing, Refused, saidOnce } from '../api/failures.ts';
import { tries } from '../api/connection.ts';
import type { Polled } from '../api/usePoll.ts';
import { t } from '../words/index.ts';
import { Loading } from './basics.tsx';

/** What was asked for, once it is there; what stands against it where it is not. An answer that was there stays while there is none anew. */
export function Show<T>({ of, children }: { of: Polled<T>; children: (data: T) => ComponentChildren }) {
  if (of.data !== undefined) return <>{children(of.data)}</>;
  return of.error === undefined ? <Loading /> : <Fault of={of.error} />;
}

/** What is wrong, in the API's own words, and what to do. */
export function Fault({ of }: { of: unknown }) {
  const { message, errors } = of instanceof Refused ? saidOnce(of) : { message: (of as Error).message, errors: [] };
  return (
    <div class="fault" role="alert">
      <p class="fault-title">{faultTitle(of)}</p>
      {message && <p>{of instanceof Away ? t('fault.awayNext') : message}</p>}
      {errors.length > 0 && (
        <ul>
          {errors.map(({ field, message }) => (
            <li key={field}>
              <code>{field}</code> {message}
            </li>
          ))}
        </ul>
      )}
      {!isMissing(of) && (
        <button type="button" class="small" onClick={() => (tries.value += 1)}>
          {t('fault.again')}
        </button>
      )}
    </div>
  );
}

/** What kind of fault it is, in the reader's language. */
export function faultTitle(error: unknown): string {
  if (error instanceof Away) return t('fault.away');
  if (!(error instanceof Refused)) return t('fault.page');
  if (error.status === 404) return t('fault.missing');
  if (error.status === 401 || error.status === 403) return t('fault.forbidden');
  return error.status >= 500 ? t('fault.engine') : t('fault.refused');
}
