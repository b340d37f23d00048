import { useState } from 'preact/hooks';
import { signIn } from './api/calls.ts';
import { Refused } from './api/failures.ts';
import { useAction } from './parts/action.tsx';
import { Page } from './parts/basics.tsx';
import { Fault } from './parts/polled.tsx';
import { query } from './router.ts';
import { t } from './words/index.ts';

/** Where callers must be known: a key, or a name and its password, for a session. */
export function SignIn() {
  const [name, setName] = useState('');
  const [secret, setSecret] = useState('');
  const enter = useAction(async () => {
    await signIn({ name: name.trim(), secret: secret.trim() });
    const from = query.value.get('from');
    if (from !== null && isOurs(from)) location.assign(from);
    return undefined;
  });
  const isUnknown = enter.error instanceof Refused && enter.error.status === 401;
  const onSubmit = (event: Event) => {
    event.preventDefault();
    void enter.run();
  };
  return (
    <Page title={t('signIn.title')} lead={t('signIn.lead')}>
      <form class="card sign-in" onSubmit={onSubmit}>
        <label>
          {t('signIn.name')}
          <input value={name} autocomplete="username" maxLength={200} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <label>
          {t('signIn.secret')}
          <input
            type="password"
            required
            value={secret}
            autocomplete="current-password"
            maxLength={500}
            onInput={(event) => setSecret(event.currentTarget.value)}
          />
        </label>
        <p class="hint">{t('signIn.hint')}</p>
        {isUnknown && (
          <p class="fault-line" role="alert">
            {t('signIn.unknown')}
          </p>
        )}
        {enter.error !== undefined && !isUnknown && <Fault of={enter.error} />}
        <button type="submit" class="primary" disabled={enter.isBusy}>
          {t('signIn.enter')}
        </button>
      </form>
    </Page>
  );
}

/** An address of this API, and no page of others that somebody put into a link. */
const isOurs = (address: string): boolean => address.startsWith('/') && new URL(address, location.origin).origin === location.origin;
