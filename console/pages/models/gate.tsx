import type { GateVerdict } from '../../../contracts/training.ts';
import { Num, State } from '../../parts/basics.tsx';
import { Table } from '../../parts/table.tsx';
import { named, t } from './words/index.ts';

export const GateState = ({ of }: { of: GateVerdict | null }) =>
  of === null ? (
    <span class="muted">{t('gate.none')}</span>
  ) : (
    <State of={of.passed ? 'passed' : 'failed'} label={named('gate', of.passed ? 'passed' : 'failed')} />
  );

/** What the gate said of a version, rule by rule with its numbers. */
export const GateRules = ({ of }: { of: GateVerdict }) => (
  <Table
    label={t('gate.rules')}
    columns={[
      t('gate.rule'),
      t('gate.verdict'),
      { title: t('gate.value'), class: 'right' },
      { title: t('gate.bound'), class: 'right' },
      { title: t('gate.detail'), class: 'wide' },
    ]}
  >
    {of.rules.map(({ rule, passed, value, bound, detail }) => (
      <tr key={rule}>
        <td class="mono">{rule}</td>
        <td>
          <State of={passed ? 'passed' : 'failed'} label={named('gate', passed ? 'passed' : 'failed')} />
        </td>
        <td class="right">
          <Num of={value} />
        </td>
        <td class="right">
          <Num of={bound} />
        </td>
        <td class="wide">{detail}</td>
      </tr>
    ))}
  </Table>
);
