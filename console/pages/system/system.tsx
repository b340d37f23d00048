import type { ProcessState } from '../../../contracts/system.ts';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { numberText } from '../../format.ts';
import { Ago, Card, Empty, Facts, Page, State } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Show } from '../../parts/polled.tsx';
import { Table } from '../../parts/table.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { language } from '../../settings.ts';
import { SYSTEM_TABS } from './tabs.ts';
import { named, t } from './words/index.ts';

const EVERY_MS = 4_000;
const LATER_MS = 30_000;

/** Which processes and engines run, how services do, and how long anything is kept. */
export function System() {
  const services = usePoll((signal) => api.scaling.list({ signal }), 'scaling', LATER_MS);
  const kept = usePoll((signal) => api.retention.list({ signal }), 'kept', LATER_MS);
  return (
    <Page title={t('nav.system')} lead={t('system.lead')}>
      <Tabs of={SYSTEM_TABS} say={t} />
      <Processes />
      <Card title={t('system.services')}>
        <Show of={services}>
          {({ services: all }) =>
            all.length === 0 ? (
              <Empty title={t('system.noServices')} />
            ) : (
              <Table label={t('system.services')}>
                {all.map(({ service, state, wanted_replicas: wanted, last_sample_at: last }) => (
                  <tr key={service}>
                    <td class="strong break">{service}</td>
                    <td>
                      <State of={state} label={named('scaling', state)} />
                    </td>
                    <td class="nowrap">{t('system.replicas', { count: wanted })}</td>
                    <td class="nowrap muted">
                      <Ago at={last} />
                    </td>
                  </tr>
                ))}
              </Table>
            )
          }
        </Show>
        <footer class="card-foot">
          <Command of={['scaling']} />
        </footer>
      </Card>
      <Releases />
      <Card title={t('system.kept')}>
        <Show of={kept}>
          {({ kept: all }) => (
            <Table
              label={t('system.kept')}
              columns={[
                t('system.what'),
                { title: t('system.holds'), class: 'wide' },
                t('system.days'),
                { title: t('system.setting'), class: 'wide' },
                t('system.oldest'),
              ]}
            >
              {all.map(({ name, holds, days, until, setting, oldest }) => (
                <tr key={name}>
                  <td class="strong">{name}</td>
                  <td class="wide">{holds}</td>
                  <td>{days === null ? (until ?? '–') : t('system.daysOf', { days: numberText(days, language.value) })}</td>
                  <td class="wide mono">{setting ?? '–'}</td>
                  <td class="nowrap">
                    <Ago at={oldest} />
                  </td>
                </tr>
              ))}
            </Table>
          )}
        </Show>
        <footer class="card-foot">
          <Command of={['retention']} />
        </footer>
      </Card>
    </Page>
  );
}

/** Each process and engine, and who says so: what nobody can tell is said too. */
function Processes() {
  const polled = usePoll((signal) => api.system.state({ signal }), 'state', EVERY_MS);
  return (
    <Card title={t('system.processes')}>
      <Show of={polled}>
        {({ processes }) => (
          <Table
            label={t('system.processes')}
            columns={[
              t('system.name'),
              t('runs.state'),
              { title: t('system.knownBy'), class: 'wide' },
              t('system.version'),
              t('system.startedAt'),
              { title: t('system.seenAt'), class: 'wide' },
            ]}
          >
            {processes.map((one) => (
              <ProcessRow key={one.name} of={one} />
            ))}
          </Table>
        )}
      </Show>
      <footer class="card-foot">
        <Command of={['status']} />
      </footer>
    </Card>
  );
}

const ProcessRow = ({ of }: { of: ProcessState }) => (
  <tr>
    <td class="strong nowrap">{of.name}</td>
    <td>
      <State of={of.state} />
    </td>
    <td class="wide">
      {named('knownBy', of.known_by ?? 'nobody')}
      {of.detail && <p class="row-note break">{of.detail}</p>}
    </td>
    <td class="break">{of.release ? <span class="mono">{of.release}</span> : <Untold />}</td>
    <td class="nowrap">{of.started_at ? <Ago at={of.started_at} /> : <Untold />}</td>
    <td class="wide nowrap">{of.seen_at ? <Ago at={of.seen_at} /> : <Untold />}</td>
  </tr>
);

const Untold = () => <span class="muted">{t('system.untold')}</span>;

/** Of what runs here; who reports a fault is asked for them. */
function Releases() {
  const polled = usePoll((signal) => api.system.versions({ signal }), 'versions', LATER_MS);
  return (
    <Card title={t('system.versions')}>
      <Show of={polled}>
        {({ release, schema_version: schema, node, started_at: startedAt, engines }) => (
          <Facts
            of={[
              ['movie-mlops', <span class="mono">{release}</span>],
              ['Node', <span class="mono">{node}</span>],
              ...engines.map(({ name, version }) => [name, <span class="mono">{version ?? '–'}</span>] as const),
              [t('system.schema'), schema ?? '–'],
              [t('system.since'), <Ago at={startedAt} />],
            ]}
          />
        )}
      </Show>
      <footer class="card-foot">
        <Command of={['versions']} />
      </footer>
    </Card>
  );
}
