import type { GateVerdict } from '../../../contracts/training.ts';
import { Num, Verdict } from '../../parts/basics.tsx';
import { Table } from '../../parts/table.tsx';
import { t } from './words/index.ts';

export const GateState = ({ of }: { of: GateVerdict | null }) =>
  of === null ? <span class="muted">{t('gate.none')}</span> : <Verdict passed={of.passed} />;

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
          <Verdict passed={passed} />
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
