import type { ModelVersion } from '../../../contracts/registry.ts';
import { judgedBy } from '../../api/built.ts';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Ago, Card, Empty, Link, Num, Page, State } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Show } from '../../parts/polled.tsx';
import { firstFigure } from './firstFigure.ts';
import { GateState } from './gate.tsx';
import { Table } from '../../parts/table.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { MODEL_TABS, modelPath } from '../../parts/modelPlaces.ts';
import { Name } from '../../parts/name.tsx';
import { StartLink } from '../../parts/startLink.tsx';
import { t } from './words/index.ts';

const EVERY_MS = 5_000;

/** The figure that people look at first. */
export function FirstFigure({ of }: { of: Pick<ModelVersion, 'name' | 'metrics'> }) {
  const found = firstFigure(of, judgedBy);
  if (found === undefined) return <span class="muted">–</span>;
  return (
    <span class="nowrap">
      <Num of={found.value} /> <span class="muted">{found.metric}</span>
    </span>
  );
}

/** What the registry has. */
export function Models() {
  const listed = usePoll((signal) => api.models.list({ signal }), 'models', EVERY_MS);
  return (
    <Page title={t('nav.models')} lead={t('models.lead')}>
      <Tabs of={MODEL_TABS} say={t} />
      <Card>
        <Show of={listed}>
          {({ models }) =>
            models.length === 0 ? (
              <Empty title={t('models.none')}>
                <StartLink workflow="movieTrainingPipeline">{t('models.train')}</StartLink>
                <Command of={['train']} />
              </Empty>
            ) : (
              <>
                <Table
                  label={t('nav.models')}
                  columns={[
                    t('models.model'),
                    t('models.champion'),
                    t('models.gate'),
                    t('models.figure'),
                    { title: t('models.aliases'), class: 'wide' },
                    { title: t('models.changed'), class: 'wide' },
                  ]}
                >
                  {models.map(({ name, aliases, latest_versions: versions, updated_at }) => {
                    const champion = versions.find(({ version }) => version === aliases['champion']);
                    return (
                      <tr key={name}>
                        <td>
                          <Link to={modelPath(name)} class="strong break">
                            <Name of={name} />
                          </Link>
                        </td>
                        <td>
                          {champion ? (
                            <Link to={modelPath(name, champion.version)}>{t('models.version', { version: champion.version })}</Link>
                          ) : (
                            <State of="none" />
                          )}
                        </td>
                        <td>{champion ? <GateState of={champion.gate} /> : <span class="muted">–</span>}</td>
                        <td>{champion ? <FirstFigure of={champion} /> : <span class="muted">–</span>}</td>
                        <td class="wide">
                          {Object.entries(aliases)
                            .filter(([alias]) => alias !== 'champion')
                            .map(([alias, version]) => `${alias} → ${version}`)
                            .join(', ')}
                        </td>
                        <td class="wide nowrap">
                          <Ago at={updated_at} />
                        </td>
                      </tr>
                    );
                  })}
                </Table>
                <footer class="card-foot">
                  <Command of={['models']} />
                </footer>
              </>
            )
          }
        </Show>
      </Card>
    </Page>
  );
}
