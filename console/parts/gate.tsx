import type { GateVerdict } from '../../contracts/training.ts';
import { t } from '../words/index.ts';
import { Num, Scroll, State } from './basics.tsx';

export const GateState = ({ of }: { of: GateVerdict | null }) =>
  of === null ? <span class="muted">{t('gate.none')}</span> : <State of={of.passed ? 'passed' : 'failed'} group="gate" />;

/** What the gate said of a version, rule by rule with its numbers. */
export const GateRules = ({ of }: { of: GateVerdict }) => (
  <Scroll label={t('gate.rules')}>
    <table>
      <thead>
        <tr>
          <th>{t('gate.rule')}</th>
          <th>{t('gate.verdict')}</th>
          <th class="right">{t('gate.value')}</th>
          <th class="right">{t('gate.bound')}</th>
          <th class="wide">{t('gate.detail')}</th>
        </tr>
      </thead>
      <tbody>
        {of.rules.map(({ rule, passed, value, bound, detail }) => (
          <tr key={rule}>
            <td class="mono">{rule}</td>
            <td>
              <State of={passed ? 'passed' : 'failed'} group="gate" />
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
      </tbody>
    </table>
  </Scroll>
);
