import { useState } from 'preact/hooks';
import { api } from '../../api/calls.ts';
import { may } from '../../api/caller.ts';
import { useAction } from '../../parts/action.tsx';
import { Command } from '../../parts/command.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Fault } from '../../parts/polled.tsx';
import { go } from '../../router.ts';
import { t } from './words/index.ts';

const TYPES = ['view', 'click', 'watch', 'like', 'dislike', 'purchase', 'skip'] as const;
type Type = (typeof TYPES)[number];
/** Told by it what was sent to try: the session of such an event. */
const SESSION = 'test';

/** The way to the dialog that sends an event, for whoever may send one. */
export function SendTest() {
  const [isAsked, setAsked] = useState(false);
  if (!may('user')) return null;
  return (
    <>
      <button type="button" class="primary" onClick={() => setAsked(true)}>
        {t('trial.send')}
      </button>
      {isAsked && <SendDialog onClose={() => setAsked(false)} />}
    </>
  );
}

/** An event as any application sends it, by a user of its own, so that it is found and told from others. */
function SendDialog({ onClose }: { onClose: () => void }) {
  const [user, setUser] = useState(() => `test-${crypto.randomUUID().slice(0, 8)}`);
  const [movie, setMovie] = useState('1');
  const [type, setType] = useState<Type>('view');
  const send = useAction(async () => {
    const accepted = await api.events.interaction({
      body: { user_id: user, movie_id: movie, interaction_type: type, session_id: SESSION },
    });
    onClose();
    const id = 'event_id' in accepted ? accepted.event_id : '';
    if (may('operator')) go(`/events?topic=user-events&filter=event_id%3D${id}`);
    return t('trial.sent', { event: id });
  });
  const onSubmit = (event: Event) => {
    event.preventDefault();
    void send.run();
  };
  return (
    <Dialog title={t('trial.send')} onClose={onClose}>
      <form class="form" onSubmit={onSubmit}>
        <p>{t('trial.says')}</p>
        <div class="filters">
          <label>
            {t('data.user')}
            <input value={user} required maxLength={200} onInput={(event) => setUser(event.currentTarget.value)} />
          </label>
          <label>
            {t('data.movie')}
            <input value={movie} required maxLength={200} onInput={(event) => setMovie(event.currentTarget.value)} />
          </label>
          <label>
            {t('trial.type')}
            <select value={type} onChange={(event) => setType(event.currentTarget.value as Type)}>
              {TYPES.map((one) => (
                <option key={one} value={one}>
                  {t(`did.${one}`)}
                </option>
              ))}
            </select>
          </label>
        </div>
        {send.error !== undefined && <Fault of={send.error} />}
        <Command of={['events', 'send', user, movie, '--type', type, '--session', SESSION]} />
        <footer class="actions">
          <button type="button" onClick={onClose}>
            {t('common.back')}
          </button>
          <button type="submit" class="primary" disabled={send.isBusy}>
            {t('trial.sendNow')}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
