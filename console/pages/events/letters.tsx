import type { DeadLetter } from '../../../contracts/deadLetters.ts';
import { api } from '../../api/calls.ts';
import { may } from '../../api/caller.ts';
import { usePoll } from '../../api/usePoll.ts';
import { useAction } from '../../parts/action.tsx';
import { Ago, Card, Empty, Page, State } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Fault, Show } from '../../parts/polled.tsx';
import { Table } from '../../parts/table.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { commandText } from '../../format.ts';
import { query, setQuery } from '../../router.ts';
import { bytesText } from './bytes.ts';
import { EVENT_TABS } from './tabs.ts';
import { named, t } from './words/index.ts';

const EVERY_MS = 3_000;
const CONSUMED = ['user-events', 'model-drift-alerts', 'system-health'] as const;

/** Messages that could not be taken: why, and what is to become of them. */
export function DeadLetters() {
  const topic = CONSUMED.find((name) => name === query.value.get('topic')) ?? CONSUMED[0];
  const polled = usePoll((signal) => api.deadLetters.list({ query: { topic, state: 'all', limit: 100 }, signal }), topic, EVERY_MS);
  return (
    <Page title={t('events.letters')} lead={t('letters.lead')}>
      <Tabs of={EVENT_TABS} say={t} />
      <div class="filters">
        <label>
          {t('events.topic')}
          <select value={topic} onChange={(event) => setQuery({ topic: event.currentTarget.value })}>
            {CONSUMED.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </div>
      <Card>
        <Show of={polled}>
          {({ dead_letters: letters }) =>
            letters.length === 0 ? (
              <Empty title={t('letters.none')} />
            ) : (
              <>
                <Table
                  label={t('events.letters')}
                  columns={[
                    t('letters.letter'),
                    t('runs.state'),
                    t('letters.why'),
                    t('events.at'),
                    { title: t('common.actions'), isHidden: true },
                  ]}
                >
                  {letters.map((letter) => (
                    <LetterRow key={letter.id} of={letter} onChange={polled.refresh} />
                  ))}
                </Table>
                <footer class="card-foot">
                  <Command of={['events', 'dlt', 'list']} />
                </footer>
              </>
            )
          }
        </Show>
      </Card>
    </Page>
  );
}

function LetterRow({ of, onChange }: { of: DeadLetter; onChange: () => void }) {
  const decide = useAction(async (deed: 'replay' | 'drop') => {
    const { dead_letters: outcomes } = await api.deadLetters[deed]({ body: { ids: [of.id] } });
    onChange();
    return t('letters.done', { letter: of.id, outcome: outcomes[0]?.outcome ?? '' });
  });
  return (
    <tr>
      <td>
        <span class="mono break">{of.id}</span>
        <p class="row-note cut long mono">{bytesText(of.value)}</p>
      </td>
      <td>
        <State of={of.state} label={named('letter', of.state)} />
      </td>
      <td class="break">
        {of.error}
        {decide.error !== undefined && <Fault of={decide.error} />}
      </td>
      <td class="nowrap">
        <Ago at={of.timestamp} />
      </td>
      <td class="right nowrap">
        {may('operator') && of.state === 'waiting' && (
          <>
            <button
              type="button"
              class="small"
              disabled={decide.isBusy}
              title={commandText('events', 'dlt', 'replay', of.id)}
              onClick={() => void decide.run('replay')}
            >
              {t('letters.replay')}
            </button>{' '}
            <button
              type="button"
              class="small"
              disabled={decide.isBusy}
              title={commandText('events', 'dlt', 'drop', of.id)}
              onClick={() => void decide.run('drop')}
            >
              {t('letters.drop')}
            </button>
          </>
        )}
      </td>
    </tr>
  );
}
