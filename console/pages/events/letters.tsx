import type { DeadLetter } from '../../../contracts/deadLetters.ts';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Ask } from '../../parts/ask.tsx';
import { Ago, Card, Empty, Page, State } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { ForRole } from '../../parts/forRole.tsx';
import { Show } from '../../parts/polled.tsx';
import { Table } from '../../parts/table.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { query, setQuery } from '../../router.ts';
import { bytesText } from './bytes.ts';
import { EVENT_TABS } from './tabs.ts';
import { named, t } from './words/index.ts';

const EVERY_MS = 3_000;
const CONSUMED = ['user-events', 'model-drift-alerts', 'system-health'] as const;

/** Messages that could not be taken: why, and what is to become of them. */
export const DeadLetters = () => (
  <Page title={t('events.letters')} lead={t('letters.lead')}>
    <Tabs of={EVENT_TABS} say={t} />
    <ForRole least="operator">
      <Letters />
    </ForRole>
  </Page>
);

function Letters() {
  const topic = CONSUMED.find((name) => name === query.value.get('topic')) ?? CONSUMED[0];
  const polled = usePoll((signal) => api.deadLetters.list({ query: { topic, state: 'all', limit: 100 }, signal }), topic, EVERY_MS);
  return (
    <>
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
    </>
  );
}

const DEEDS = ['replay', 'drop'] as const;
type Deed = (typeof DEEDS)[number];

function LetterRow({ of, onChange }: { of: DeadLetter; onChange: () => void }) {
  const decide = (deed: Deed) => async () => {
    const { dead_letters: outcomes } = await api.deadLetters[deed]({ body: { ids: [of.id] } });
    onChange();
    return t('letters.done', { letter: of.id, outcome: outcomes[0]?.outcome ?? '' });
  };
  return (
    <tr>
      <td>
        <span class="mono break">{of.id}</span>
        <p class="row-note cut long mono">{bytesText(of.value)}</p>
      </td>
      <td>
        <State of={of.state} label={named('letter', of.state)} />
      </td>
      <td class="break">{of.error}</td>
      <td class="nowrap">
        <Ago at={of.timestamp} />
      </td>
      <td class="right nowrap">
        {of.state === 'waiting' &&
          DEEDS.map((deed) => (
            <Ask
              key={deed}
              label={t(`letters.${deed}`)}
              says={t(`letters.${deed}Says`)}
              command={['events', 'dlt', deed, of.id]}
              size="small"
              {...(deed === 'drop' && { class: 'danger' as const })}
              act={decide(deed)}
            />
          ))}
      </td>
    </tr>
  );
}
